"""The one font, shipped with the program: the same picture on every computer, and figures that stand in columns."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from capdesk.services.resources import resource

FAMILY = "Inter"
_FILES = ("Inter_400Regular.ttf", "Inter_500Medium.ttf", "Inter_600SemiBold.ttf", "Inter_400Regular_Italic.ttf")
BASE_POINTS = 10.0
TEXT_SCALES = (100, 110, 125, 150, 175, 200)
"""Percent the owner may choose."""


@cache
def _load() -> None:
    for name in _FILES:
        QFontDatabase.addApplicationFont(str(resource("fonts", name)))


def base_font(scale: int = 100) -> QFont:
    """The font of everything not set otherwise; digits are equally wide."""
    _load()
    font = QFont(FAMILY)
    font.setPointSizeF(BASE_POINTS * scale / 100)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def sized(font: QFont, factor: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A copy of the font, larger or smaller and of another weight: for what is painted."""
    made = QFont(font)
    made.setPointSizeF(font.pointSizeF() * factor)
    made.setWeight(weight)
    return made
