"""Small pieces of the desk's cards."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QVBoxLayout, QWidget

from capdesk.views.look.theme import Theme
from capdesk.views.widgets import Style, button, card, named, text


def label(words: str = "", style: Style | None = None, *, wrap: bool = False) -> QLabel:
    """Text that lets a click through to the card it stands on."""
    made = text(words, style, wrap=wrap)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return made


def row(*inside: QWidget, gap: int = 8) -> QHBoxLayout:
    """Widgets beside each other, the first taking the room."""
    made = QHBoxLayout()
    made.setSpacing(gap)
    for number, widget in enumerate(inside):
        made.addWidget(widget, 1 if number == 0 else 0)
    return made


def act(words: str, run: Callable[[], object], about: str, kind: str = "") -> QPushButton:
    """A button whose spoken name says of what it is, where several look alike."""
    made = button(words, run, kind="primary" if kind == "primary" else "link" if kind == "link" else "")
    made.setAccessibleName(f"{words} {about}" if about else words)
    return made


def surface(*inside: QWidget | QLayout | int, margin: int = 18, spacing: int = 0) -> QFrame:
    """A card of widgets and layouts one below the other; a number is that much room between them."""
    frame = card(margin=margin, spacing=spacing)
    held = QVBoxLayout()
    held.setSpacing(spacing)
    for one in inside:
        if isinstance(one, QWidget):
            held.addWidget(one)
        elif isinstance(one, QLayout):
            held.addLayout(one)
        else:
            held.addSpacing(one)
    holder = QWidget()
    held.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(held)
    inner = frame.layout()
    if inner is not None:
        inner.addWidget(holder)
    return frame


class Figure(QWidget):
    """A large figure under its name, and one line that explains it."""

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        self._accessible = accessible
        named(self, f"figure-{name}", accessible)
        self.figure, self.note = text("", "title"), text("", "small", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for one in (text(accessible, "muted", wrap=True), self.figure, self.note):
            column.addWidget(one)
        column.addStretch(1)

    def show_figure(self, figure: str, note: str) -> None:
        self.figure.setText(figure)
        self.note.setText(note)
        self.setAccessibleDescription(f"{figure}. {note}")


class Icon(QLabel):
    """An icon that follows the colors; `tone` is the name of a color."""

    def __init__(self, theme: Theme, name: str, tone: str = "muted", size: int = 18) -> None:
        super().__init__()
        self._theme, self._name, self._tone, self._side = theme, name, tone, size
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self.draw)
        self.draw()

    def draw(self) -> None:
        side = round(self._side * self._theme.scale / 100)
        color = str(getattr(self._theme.colors, self._tone))
        self.setPixmap(self._theme.icon(self._name, color).pixmap(QSize(side, side), self.devicePixelRatioF()))
        self.setFixedWidth(side)


def notice(theme: Theme, icon: str, tone: str, title: str, words: str, action: QPushButton) -> QFrame:
    """A card of one line: what is to be known, and the way out."""
    told = QVBoxLayout()
    told.setSpacing(1)
    told.addWidget(text(title, "strong", wrap=True))
    if words:
        told.addWidget(text(words, "muted", wrap=True))
    line = QHBoxLayout()
    line.setSpacing(12)
    line.addWidget(Icon(theme, icon, tone), 0, Qt.AlignmentFlag.AlignTop)
    line.addLayout(told, 1)
    line.addWidget(action, 0, Qt.AlignmentFlag.AlignVCenter)
    return surface(line, margin=14)
