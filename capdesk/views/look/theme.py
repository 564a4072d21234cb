"""Light, dark or as the system is: one palette, one style sheet, one font, set in one place."""

from dataclasses import asdict
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from capdesk.services.resources import resource
from capdesk.views.look.colors import DARK, LIGHT, Colors
from capdesk.views.look.fonts import BASE_POINTS, TEXT_SCALES, base_font
from capdesk.views.look.icons import icon

Choice = Literal["system", "light", "dark"]
CHOICES: tuple[Choice, ...] = ("system", "light", "dark")


class Theme(QObject):
    """How the window looks. Widgets that paint themselves or hold icons follow `changed`."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = "system", scale: int = 100) -> None:
        super().__init__()
        self._application = application
        self.choice: Choice = choice if choice in CHOICES else "system"
        self.scale = _sensible(scale)
        self.colors = LIGHT
        application.setStyle(QStyleFactory.create("Fusion"))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.apply()

    def choose(self, choice: Choice | None = None, scale: int | None = None) -> None:
        """Sets the scheme, the text size in percent, or both."""
        before = self.choice, self.scale
        self.choice, self.scale = choice or self.choice, _sensible(scale or self.scale)
        if (self.choice, self.scale) != before:  # every widget there is is drawn anew
            self.apply()

    def apply(self) -> None:
        system_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        dark = system_dark if self.choice == "system" else self.choice == "dark"
        self.colors = DARK if dark else LIGHT
        self._application.setFont(base_font(self.scale))
        self._application.setPalette(palette(self.colors))
        self._application.setStyleSheet(style_sheet(self.colors, self.scale))
        self.changed.emit()

    def icon(self, name: str, color: str | None = None) -> QIcon:
        """An icon in the present colors; ask again after `changed`."""
        return icon(name, self.colors, color)

    def _system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self.choice == "system":
            self.apply()


def _sensible(scale: int) -> int:
    """What a damaged memory holds must not make a window nobody can use."""
    return max(TEXT_SCALES[0], min(int(scale), TEXT_SCALES[-1]))


def palette(colors: Colors) -> QPalette:
    """Qt's roles, filled from ours. Not every platform takes a color scheme, each takes a palette."""
    made, role = QPalette(), QPalette.ColorRole
    for one, color in {
        role.Window: colors.window,
        role.Base: colors.surface,
        role.AlternateBase: colors.sunken,
        role.Button: colors.surface,
        role.ToolTipBase: colors.text,
        role.ToolTipText: colors.surface,
        role.WindowText: colors.text,
        role.Text: colors.text,
        role.ButtonText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Highlight: colors.accent_soft,
        role.HighlightedText: colors.text,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Accent: colors.accent,
        role.Mid: colors.border,
        role.Dark: colors.strong_border,
        role.Light: colors.surface,
        role.Midlight: colors.hover,
        role.Shadow: colors.border,
    }.items():
        made.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, one, QColor(colors.strong_border))
    return made


def style_sheet(colors: Colors, scale: int) -> str:
    """`resources/style/capdesk.qss` with `@name` replaced by the color or size of that name."""
    points = BASE_POINTS * scale / 100
    sizes = {"small": 0.9, "base": 1.0, "large": 1.2, "title": 1.7, "figure": 2.2}
    values = asdict(colors) | {f"{name}_pt": f"{points * factor:.2f}pt" for name, factor in sizes.items()}
    values |= {f"{name}_px": f"{pixels}px" for name, pixels in _pixels(scale / 100).items()}
    values["icons"] = resource("icons").as_posix()
    values["faint"] = f"#8c{colors.strong_border[1:]}"  # lets what is below through, until the pointer is there
    text = resource("style", "capdesk.qss").read_text(encoding="utf-8")
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name}", values[name])
    return text


def _pixels(scale: float) -> dict[str, int]:
    """What grows with the text. A corner rounder than half of what it is a corner of would be none at all."""
    half, ring = round(7 * scale), round(5 * scale)
    mark = {"mark": 2 * half, "mark_round": half + 1, "ring": ring, "dot": 2 * (half + 1 - ring)}
    slider = {"knob": half, "knob_round": half + 2, "slider": 2 * half + 6}
    return {"icon": round(16 * scale), "arrow": round(12 * scale), "drop": round(24 * scale), **mark, **slider}
