"""The sidebar: every page of the desk, by what it is about."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QToolButton, QVBoxLayout

from capdesk.views.places import PAGES
from capdesk.views.widgets import named, styled
from capdesk.views.workspace import Workspace


class Sidebar(QFrame):
    """Buttons of pages; the one on show is checked."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "sidebar", "Pages")
        self.setFixedWidth(208)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 16, 12, 12)
        column.setSpacing(1)
        group = ""
        for info in (one for one in PAGES.values() if one.listed):
            if info.group != group:
                group = info.group
                column.addSpacing(10)
                column.addWidget(styled(QLabel(group), "small"))
            made = named(QToolButton(), f"go-{info.key}", info.title)
            made.setText(info.title)
            made.setIconSize(QSize(18, 18))
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            made.setCheckable(True)
            made.clicked.connect(lambda _checked=False, key=info.key: self.workspace.go(key))
            self._group.addButton(made)
            self.buttons[info.key] = made
            column.addWidget(made)
        column.addStretch(1)
        workspace.theme.changed.connect(self._draw_icons)
        self._draw_icons()

    def mark(self, page: str) -> None:
        """Checks the page's button; the page of a single record has none of its own."""
        if page in self.buttons:
            self.buttons[page].setChecked(True)

    def _draw_icons(self) -> None:
        for key, made in self.buttons.items():
            made.setIcon(self.workspace.theme.icon(PAGES[key].icon))
