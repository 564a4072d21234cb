"""What every step of the wizard is, and the strip that shows where one is."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from capdesk.views.look.fonts import sized
from capdesk.views.look.roles import is_picture
from capdesk.views.look.theme import Theme
from capdesk.views.pages.imports.draft import Draft
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace

TITLES = ("File", "What it is", "Columns", "Check", "Import", "Receipt")
WIDE = 100
"""So many fit beside each other before two columns become one."""


class Step(QWidget):
    """One step. `changed` is told whenever `ready` or `next_words` may have become different."""

    changed = Signal()
    onward = Signal()
    """It is done by itself; the next step may come."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.draft: Draft | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(16)

    def enter(self, draft: Draft | None) -> None:
        """Shows what was chosen so far."""
        self.draft = draft

    @property
    def chosen_so_far(self) -> Draft:
        """The draft, in the steps that have one."""
        if self.draft is None:
            raise AssertionError("this step comes after a file")
        return self.draft

    def ready(self) -> bool:
        """Whether one may go on."""
        return True

    def next_words(self) -> str:
        return "Next"

    def back_words(self) -> str:
        return "Back"

    def go_on(self) -> bool:
        """Asked to go on; False where the step does something else first."""
        return True

    def go_back(self) -> bool:
        """Asked to go back; False where the step did something else instead."""
        return True

    def first_focus(self) -> QWidget | None:
        """Where the keyboard is on entering."""
        return None


class Strip(QWidget):
    """The steps in a row: done ones in the accent color, the present one strong."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "import-steps", "Step 1 of 6: File")
        is_picture(self)
        self._theme = theme
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._changed)

    def show_step(self, at: int) -> None:
        self._at = at
        self.setAccessibleName(f"Step {at + 1} of {len(TITLES)}: {TITLES[at]}")
        self.setAccessibleDescription(", ".join(TITLES))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, self.fontMetrics().height() + 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, painter = self._theme.colors, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room, height = self.width() / len(TITLES), float(self.height())
        for number, title in enumerate(TITLES):
            left, reached = number * room, number <= self._at
            painter.fillRect(QRectF(left, height - 3, room - 6, 3), QColor(colors.accent if reached else colors.border))
            weight = self.font().Weight.DemiBold if number == self._at else self.font().Weight.Normal
            font = sized(self.font(), 1.0, weight)
            painter.setFont(font)
            painter.setPen(QColor(colors.text if number == self._at else colors.muted))
            words = QFontMetricsF(font).elidedText(f"{number + 1}  {title}", Qt.TextElideMode.ElideRight, room - 8)
            painter.drawText(QRectF(left, 0, room - 8, height - 6), Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _changed(self) -> None:
        self.updateGeometry()
        self.update()
