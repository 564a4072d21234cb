"""How the window looks: light, dark or as the system is, and how large its text is. Applied at once."""

from typing import cast

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup

from capdesk.views.layouts import flowing
from capdesk.views.look.colors import DARK, LIGHT, Colors
from capdesk.views.look.fonts import TEXT_SCALES
from capdesk.views.look.theme import CHOICES, Choice
from capdesk.views.pages.settings.section import Card, Section
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

_NAMES: dict[Choice, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}
_SAMPLE = QSize(168, 104)


class AppearanceSection(Section):
    key = "appearance"
    title = "Appearance"
    icon = "palette"
    about = "Applied at once, and remembered for this desk on this computer."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.schemes: dict[Choice, SchemeButton] = {}
        self.scales: dict[int, ScaleButton] = {}
        schemes, scales = QButtonGroup(self), QButtonGroup(self)
        for choice in CHOICES:
            made = SchemeButton(workspace, choice)
            schemes.addButton(made)
            self.schemes[choice] = made
        for scale in TEXT_SCALES:
            size = ScaleButton(workspace, scale)
            scales.addButton(size)
            self.scales[scale] = size
        schemes.buttonClicked.connect(self._scheme_chosen)
        scales.buttonClicked.connect(self._scale_chosen)
        self.now = named(text("", "muted", wrap=True), "appearance-now")
        self.column.addWidget(Card("Colors", "", flowing(*self.schemes.values(), gap=14)))
        about = "Everything grows with it; pages scroll where they no longer fit."
        self.column.addWidget(Card("Text size", about, flowing(*self.scales.values(), gap=14), self.now))

    def reload(self) -> None:
        theme = self.workspace.theme
        self.schemes[theme.choice].setChecked(True)
        if theme.scale in self.scales:
            self.scales[theme.scale].setChecked(True)
        self.now.setText(f"Text is at {theme.scale} %.")

    def _scheme_chosen(self, chosen: QAbstractButton) -> None:
        choice = cast(SchemeButton, chosen).choice
        self.workspace.memory.put("look/scheme", choice)
        self.workspace.theme.choose(choice=choice)
        self.reload()

    def _scale_chosen(self, chosen: QAbstractButton) -> None:
        scale = cast(ScaleButton, chosen).scale
        self.workspace.memory.put("look/scale", scale)
        self.workspace.theme.choose(scale=scale)
        self.reload()


class _Painted(QAbstractButton):
    """A button with a picture on it; the chosen one has a thick frame, the one with the keyboard a second one."""

    def __init__(self, workspace: Workspace, name: str, words: str) -> None:
        super().__init__()
        named(self, name, words)
        self.workspace = workspace
        self.setText(words)
        self.setToolTip(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        workspace.theme.changed.connect(self._look)

    def _look(self) -> None:
        self.updateGeometry()
        self.update()

    def _frame(self, painter: QPainter, inside: QRectF, ground: str) -> None:
        colors = self.workspace.theme.colors
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(QColor(colors.accent if self.isChecked() else colors.border), 2.5 if self.isChecked() else 1)
        )
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(inside, 9, 9)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inside.adjusted(-3.5, -3.5, 3.5, 3.5), 12, 12)


class SchemeButton(_Painted):
    """A small window in the colors it stands for."""

    def __init__(self, workspace: Workspace, choice: Choice) -> None:
        super().__init__(workspace, f"scheme-{choice}", _NAMES[choice])
        self.choice = choice

    def sizeHint(self) -> QSize:
        return QSize(_SAMPLE.width() + 10, _SAMPLE.height() + 20 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        sample = QRectF(5, 5, self.width() - 10, _SAMPLE.height())
        colors = DARK if self.choice == "dark" else LIGHT
        self._frame(painter, sample, colors.window)
        painter.save()
        _draw_window(painter, sample.adjusted(2, 2, -2, -2), colors)
        if self.choice == "system":
            painter.setClipRect(QRectF(sample.center().x(), sample.top(), sample.width() / 2, sample.height()))
            self._frame(painter, sample, DARK.window)
            _draw_window(painter, sample.adjusted(2, 2, -2, -2), DARK)
        painter.restore()
        painter.setPen(QColor(self.workspace.theme.colors.text))
        words = QRectF(0, sample.bottom() + 6, self.width(), self.fontMetrics().height() + 4)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self.text())


class ScaleButton(_Painted):
    """An "Aa" as large as text would be."""

    def __init__(self, workspace: Workspace, scale: int) -> None:
        super().__init__(workspace, f"scale-{scale}", f"{scale} %")
        self.scale = scale

    def sizeHint(self) -> QSize:
        width = max(64, self.fontMetrics().horizontalAdvance("200 %") + 16)
        return QSize(width + 10, 62 + 14 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = self.workspace.theme.colors
        sample = QRectF(5, 5, self.width() - 10, 62)
        self._frame(painter, sample, colors.surface)
        painter.setPen(QColor(colors.text))
        font = self.font()
        plain = font.pointSizeF()
        font.setPointSizeF(10 * self.scale / 100)
        painter.setFont(font)
        painter.drawText(sample, Qt.AlignmentFlag.AlignCenter, "Aa")
        font.setPointSizeF(plain)
        painter.setFont(font)
        words = QRectF(0, sample.bottom() + 6, self.width(), self.fontMetrics().height() + 4)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self.text())


def _draw_window(painter: QPainter, inside: QRectF, colors: Colors) -> None:
    """A sidebar, a card and a bar of it that is filled."""
    painter.setPen(Qt.PenStyle.NoPen)
    side = QRectF(inside.left() + 6, inside.top() + 8, inside.width() * 0.24, inside.height() - 16)
    for number in range(4):
        painter.setBrush(QColor(colors.accent_soft if number == 0 else colors.sunken))
        painter.drawRoundedRect(QRectF(side.left(), side.top() + number * 13, side.width(), 8), 3, 3)
    card = QRectF(side.right() + 8, side.top(), inside.right() - side.right() - 16, side.height())
    painter.setBrush(QColor(colors.surface))
    painter.setPen(QPen(QColor(colors.border), 1))
    painter.drawRoundedRect(card, 5, 5)
    painter.setPen(Qt.PenStyle.NoPen)
    left, wide = card.left() + 8, card.width() - 16
    for number, (part, color) in enumerate(((0.5, colors.text), (0.8, colors.muted))):
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(QRectF(left, card.top() + 11 + number * 12, wide * part, 4), 2, 2)
    bar = QRectF(left, card.bottom() - 22, wide, 9)
    painter.setBrush(QColor(colors.sunken))
    painter.drawRoundedRect(bar, 4, 4)
    painter.setBrush(QColor(colors.accent))
    painter.drawRoundedRect(QRectF(bar.topLeft(), QPointF(bar.left() + wide * 0.62, bar.bottom())), 4, 4)
