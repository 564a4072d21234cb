"""The sidebar: every page of the desk, by what it is about."""

from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from capdesk.views.look.fonts import sized
from capdesk.views.places import PAGES
from capdesk.views.shell.flat import FlatButton
from capdesk.views.widgets import named, styled
from capdesk.views.workspace import Workspace

_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_ENDS = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
COLLAPSED = "look/sidebar-collapsed"


class PageButton(FlatButton):
    """Leads to a page; the one on show has a mark at its edge."""

    def draw_ground(self, painter: QPainter) -> None:
        super().draw_ground(painter)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.colors.accent))
            painter.drawRoundedRect(1, 7, 3, self.height() - 14, 1.5, 1.5)


class Sidebar(QFrame):
    """Buttons of pages; the one on show is checked. One stop of the Tab key; the arrows go from page to page."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        named(self, "sidebar", self.tr("Pages"))
        self._group = QButtonGroup(self)
        self.buttons: dict[str, PageButton] = {}
        self._groups: list[QLabel] = []
        self._name = named(styled(QLabel("capdesk"), "heading"), "product-name")
        self.toggle = FlatButton(
            workspace.theme, "toggle-sidebar", self.tr("Collapse the sidebar"), "panel-left", self.flip
        )
        self.toggle.shows_words = False
        self.toggle.setToolTip(self.tr("Collapse or widen the sidebar (Ctrl+B)"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 10, 8, 8)
        whole.setSpacing(4)
        whole.addLayout(self._head())
        whole.addWidget(self._pages(), 1)
        self.collapsed = False
        self._collapse(bool(workspace.memory.get(COLLAPSED, False)))
        workspace.theme.changed.connect(self._fit)

    def mark(self, page: str) -> None:
        """Checks the page's button; the page of a single record stands under its list."""
        found = self.buttons.get(page) or self.buttons.get(PARENTS.get(page, ""))
        if found is not None:
            found.setChecked(True)
        for one in self.buttons.values():
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus if one is found else Qt.FocusPolicy.ClickFocus)

    def flip(self) -> None:
        """Icons alone, or with words; remembered."""
        self._collapse(not self.collapsed)
        self.workspace.memory.put(COLLAPSED, self.collapsed)

    def take_keyboard(self) -> None:
        """Puts the keyboard on the page on show."""
        chosen = cast(PageButton | None, self._group.checkedButton()) or next(iter(self.buttons.values()))
        chosen.focus_ring()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, PageButton):
            return self._key(watched, cast(QKeyEvent, event))
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        colors = self.workspace.theme.colors
        painter.fillRect(self.rect(), QColor(colors.sunken if colors.scheme == "light" else colors.surface))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), QColor(colors.border))

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 0, 2)
        row.addWidget(self._name, 1)
        row.addWidget(self.toggle)
        self._head_row = row
        return row

    def _pages(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("sidebar-pages")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        group = ""
        for number, info in enumerate((one for one in PAGES.values() if one.listed), 1):
            if info.group != group:
                group = info.group
                column.addWidget(self._group_head(group))
            column.addWidget(self._button(info.key, number))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        self._area = area
        return area

    def _group_head(self, group: str) -> QLabel:
        label = styled(QLabel(self.tr(group)), "small")
        label.setProperty("words", label.text())
        self._groups.append(label)
        return label

    def _button(self, key: str, number: int) -> PageButton:
        info = PAGES[key]
        made = PageButton(self.workspace.theme, f"go-{key}", self.tr(info.title), info.icon)
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus if number == 1 else Qt.FocusPolicy.ClickFocus)
        made.clicked.connect(lambda _checked=False: self.workspace.go(key))
        made.setProperty("tip", f"{info.title} (Ctrl+{number})" if number <= 9 else info.title)
        made.installEventFilter(self)
        self._group.addButton(made)
        self.buttons[key] = made
        return made

    def _key(self, button: PageButton, event: QKeyEvent) -> bool:
        all_of_them = list(self.buttons.values())
        key = Qt.Key(event.key())
        if key in _STEPS:
            chosen = all_of_them[(all_of_them.index(button) + _STEPS[key]) % len(all_of_them)]
        elif key in _ENDS:
            chosen = all_of_them[_ENDS[key]]
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            button.click()
            return True
        else:
            return False
        chosen.focus_ring()
        self._area.ensureWidgetVisible(chosen, 0, 24)
        return True

    def _collapse(self, collapsed: bool) -> None:
        self.collapsed = collapsed
        self._name.setVisible(not collapsed)
        policy = Qt.ScrollBarPolicy
        self._area.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff if collapsed else policy.ScrollBarAsNeeded)
        for label in self._groups:
            label.setText("" if collapsed else str(label.property("words")))
            label.setContentsMargins(10, 0 if collapsed else 9, 0, 1)
        self._head_row.setContentsMargins(0 if collapsed else 8, 0, 0, 2)
        self.toggle.setAccessibleName(self.tr("Widen the sidebar") if collapsed else self.tr("Collapse the sidebar"))
        for one in self.buttons.values():
            one.shows_words = not collapsed
            one.setToolTip(str(one.property("tip")) if collapsed else "")
        self._fit()

    def _fit(self) -> None:
        """As wide as the longest title, whatever the size of its letters."""
        scale = self.workspace.theme.scale / 100
        if self.collapsed:
            self.setFixedWidth(round(18 * scale) + 20 + 16)
            return
        metrics = QFontMetrics(sized(self.font(), 1.0))
        longest = max(metrics.horizontalAdvance(one.text()) for one in self.buttons.values())
        self.setFixedWidth(max(200, longest + round(18 * scale) + 76))


PARENTS = {
    "campaign": "campaigns",
    "experiment": "experiments",
    "evaluation": "evaluations",
    "evaluate": "evaluations",
}
"""The list a page of one record belongs to."""
