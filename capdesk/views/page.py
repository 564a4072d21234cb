"""What every page is: a head with title and actions, a body, and a way to be opened and read anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.views.layouts import empty, flowing
from capdesk.views.places import PAGES, Place
from capdesk.views.widgets import button, long_text, named
from capdesk.views.workspace import Workspace

T = TypeVar("T")

MARGIN = 28


@dataclass(frozen=True)
class Command:
    """Something one can do here: a button, a menu entry, a line of the command palette."""

    title: str
    run: Callable[[], object]
    icon: str = ""
    shortcut: str = ""
    enabled: bool = True
    primary: bool = False


class Page(QWidget):
    """A page of the window. Subclasses set `key`, fill `self.body` and override `reload`."""

    key: ClassVar[str]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.place = Place(self.key)
        self.setObjectName(f"page-{self.key}")
        self.setAccessibleName(PAGES[self.key].title)
        self._commands = flowing()
        self._in_head: list[tuple[QPushButton, Command]] = []
        workspace.theme.changed.connect(self._draw_icons)
        self.heading = named(long_text(PAGES[self.key].title, "title"), "page-title")
        self.subtitle = named(long_text("", "muted"), "page-subtitle")
        self.subtitle.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(16)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MARGIN, MARGIN - 6, MARGIN, MARGIN - 8)
        whole.setSpacing(16)
        whole.addLayout(self._head())
        whole.addLayout(self.body, 1)

    def _head(self) -> QHBoxLayout:
        head, words = QHBoxLayout(), QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.subtitle)
        head.addLayout(words, 1)
        head.addWidget(self._commands, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def say_title(self, title: str, subtitle: str = "") -> None:
        self.heading.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
        self.workspace.titled.emit(self.place, title)

    def open(self, place: Place) -> None:
        """Shows what the place names. Called whenever one comes here, also by back and forward."""
        self.place = place
        self.reload()

    def reload(self) -> None:
        """Reads what is shown anew: called on opening, and when anything was recorded on this desk by anyone."""

    def commands(self) -> Sequence[Command]:
        """What can be done here; the primary and the ones with an icon also stand in the head after `show_commands`."""
        return ()

    def unsaved(self) -> str:
        """What would be lost if the window closed now, in a few words: "a verdict on Two-call close"."""
        return ""

    def show_commands(self) -> None:
        """Puts the page's commands into its head; call again when they change."""
        row = cast(QLayout, self._commands.layout())
        empty(row)
        self._in_head = []
        for one in self.commands():
            made = button(one.title, one.run, kind="primary" if one.primary else "", shortcut=one.shortcut)
            made.setEnabled(one.enabled)
            row.addWidget(made)
            self._in_head.append((made, one))
        self._draw_icons()
        self._commands.updateGeometry()

    def _draw_icons(self) -> None:
        theme = self.workspace.theme
        for made, one in self._in_head:
            if one.icon:
                made.setIcon(theme.icon(one.icon, theme.colors.on_accent if one.primary else None))

    def read(self, work: Callable[[Desk], T], then: Callable[[T], None], key: str = "page") -> None:
        """Reads from the desk in the background; the newest reading of a key wins. Errors go to the message bar."""
        self.workspace.read(self, key, work, then)


def scrolled(inner: QWidget) -> QScrollArea:
    """The widget in a frameless area that scrolls down but never sideways."""
    inner.setProperty("page", True)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    return area
