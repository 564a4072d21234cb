"""Settings: the sections on the left, the one on show on the right."""

from importlib import import_module

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QScrollArea, QStackedWidget

from capdesk.views.page import Page, scrolled
from capdesk.views.pages.settings.section import Section
from capdesk.views.places import Place
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace

SECTIONS: dict[str, tuple[str, str, str]] = {
    "desk": ("Desk", "house", "desk:DeskSection"),
    "connections": ("Connections", "plug", "connections:ConnectionsSection"),
    "mail": ("Mail", "mail", "mail:MailSection"),
    "reports": ("Reports", "calendar-clock", "reports:ReportsSection"),
    "mapping": ("Mapping", "link", "mapping:MappingSection"),
    "secrets": ("Secrets", "key-round", "secret_list:SecretsSection"),
    "database": ("Database", "database", "database:DatabaseSection"),
    "appearance": ("Appearance", "palette", "appearance:AppearanceSection"),
    "about": ("About", "info", "about:AboutSection"),
}
"""Each section's title, icon and class, imported when it is first shown."""


class SettingsPage(Page):
    """`Place.filter` is the key of a section."""

    key = "settings"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.list = named(QListWidget(), "settings-sections", "Sections")
        self.list.setProperty("nav", True)
        self.list.setIconSize(QSize(18, 18))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.stack = QStackedWidget()
        self.sections: dict[str, Section] = {}
        self._areas: dict[str, QScrollArea] = {}
        for key, (title, _icon, _module) in SECTIONS.items():
            item = QListWidgetItem(title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, key)
        self.list.currentRowChanged.connect(self._chosen)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self.list)
        row.addWidget(self.stack, 1)
        self.body.addLayout(row, 1)
        for keys, step in (("Ctrl+PgDown", 1), ("Ctrl+PgUp", -1)):
            QShortcut(QKeySequence(keys), self, lambda step=step: self._step(step))
        workspace.theme.changed.connect(self._look)
        self._look()

    def open(self, place: Place) -> None:
        wanted = place.filter if place.filter in SECTIONS else self._remembered()
        self.place = place
        row = list(SECTIONS).index(wanted)
        if self.list.currentRow() == row:
            self.list.item(row).setSelected(True)
            self.reload()
        else:
            self.list.setCurrentRow(row)

    def reload(self) -> None:
        if self.list.currentRow() >= 0:
            self.section(self.shown).reload()

    def back_up(self) -> None:
        """Asks where a copy of the database is to lie."""
        self.open(Place(self.key, None, "database"))
        button = self.section("database").findChild(QPushButton, "back-up-now")
        if isinstance(button, QPushButton):
            button.click()

    def unsaved(self) -> str:
        touched = [section.title for section in self.sections.values() if section.unsaved()]
        return f"changed settings ({', '.join(touched)})" if touched else ""

    @property
    def shown(self) -> str:
        """The key of the section on show."""
        return list(SECTIONS)[max(self.list.currentRow(), 0)]

    def section(self, key: str) -> Section:
        """The section, built when it is first shown."""
        if key not in self.sections:
            module, name = SECTIONS[key][2].split(":")
            made: Section = getattr(import_module(f"capdesk.views.pages.settings.{module}"), name)(self.workspace)
            made.column.addStretch(1)
            self.sections[key] = made
            self._areas[key] = scrolled(made)
            self.stack.addWidget(self._areas[key])
        return self.sections[key]

    def _remembered(self) -> str:
        known = self.workspace.memory.get("settings/section", "desk")
        return known if known in SECTIONS else "desk"

    def _chosen(self, row: int) -> None:
        key = list(SECTIONS)[row]
        section = self.section(key)
        self.stack.setCurrentWidget(self._areas[key])
        self.place = Place(self.key, None, key)
        self.workspace.memory.put("settings/section", key)
        section.reload()

    def _step(self, step: int) -> None:
        self.list.setCurrentRow((self.list.currentRow() + step) % len(SECTIONS))

    def _look(self) -> None:
        theme = self.workspace.theme
        high = max(self.list.fontMetrics().height(), 18) + 16
        for row, (_title, icon, _module) in enumerate(SECTIONS.values()):
            self.list.item(row).setIcon(theme.icon(icon))
            self.list.item(row).setSizeHint(QSize(0, high))
        widest = max(self.list.fontMetrics().horizontalAdvance(title) for title, _, _ in SECTIONS.values())
        self.list.setFixedWidth(widest + 74)
