"""How well one color is seen on another (WCAG 2), and which pairs the style sheet makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage

from capdesk.services.resources import resource
from capdesk.views.look.colors import LIGHT

GROUNDS = ("window", "surface")
"""What a rule without a ground of its own may stand on: the window, or a card."""
_ENOUGH = QSize(900, 48)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_STATE = re.compile(r":(?!:)[a-z-]+")


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass
class Rule:
    """What the style sheet says of one selector."""

    selector: str
    said: dict[str, str] = field(default_factory=dict)

    def named(self, *properties: str) -> str | None:
        """The name of the color of the first of the properties that has one; empty for none at all."""
        for one in properties:
            value = self.said.get(one)
            if value is not None:
                return next((name for name in re.findall(r"@([a-z_]+)", value) if hasattr(LIGHT, name)), "")
        return None


def rules() -> dict[str, Rule]:
    """Every selector of the style sheet; what is said twice of one is put together."""
    text = re.sub(r"/\*.*?\*/", "", resource("style", "capdesk.qss").read_text(encoding="utf-8"), flags=re.S)
    found: dict[str, Rule] = {}
    for selectors, body in _RULE.findall(text):
        said = dict(re.findall(r"([a-z-]+)\s*:\s*([^;]+)", body))
        for selector in (one.strip() for one in selectors.split(",")):
            found.setdefault(selector, Rule(selector)).said.update(said)
    return found


def text_pairs() -> Iterator[tuple[str, str, str]]:
    """Selector, color of text and of the ground below it, wherever a rule sets one of them."""
    known = rules()
    for rule in known.values():
        if not {"color", "background"} & rule.said.keys() or _has_no_text(rule.selector):
            continue
        above = [known[one] for one in _wider(rule.selector) if one in known]
        color = _first(above, "color") or "text"
        ground = _first(above, "background")
        yield from ((rule.selector, color, one) for one in ([ground] if ground else GROUNDS))
    for rule in known.values():
        if "selection-color" in rule.said:
            yield rule.selector, rule.named("selection-color") or "text", rule.named("selection-background-color") or ""


def edge_pairs() -> Iterator[tuple[str, str, str]]:
    """Selector, color of a border that tells where a control is or that it has the keyboard, and what is around it."""
    for rule in rules().values():
        color = rule.named("border", "border-color", "border-bottom")
        if color and color not in ("border", *GROUNDS) and ":disabled" not in rule.selector:
            yield from ((rule.selector, color, one) for one in GROUNDS)


def _wider(selector: str) -> list[str]:
    """The selector, and those it refines, nearest first: without its state, without its property."""
    plain = _STATE.sub("", selector)
    return list(dict.fromkeys((selector, plain, re.sub(r"\[[^\]]*\]", "", plain))))


def _first(rules_: list[Rule], name: str) -> str:
    return next((found for one in rules_ if (found := one.named(name)) is not None), "")


def _has_no_text(selector: str) -> bool:
    parts = ("indicator", "handle", "groove", "page", "chunk", "arrow", "drop-down", "separator", "corner", "pane")
    widgets = ("QFrame", "QSplitter", "QScroll", "QProgressBar", "QTabBar")
    lines = selector.startswith(widgets) and "color" not in rules()[selector].said
    within = selector.rpartition("::")[2] if "::" in selector else ""
    return lines or any(part in within for part in parts)


def inks(picture: QImage, place: QRect) -> tuple[str, str]:
    """The ground of the beginning of a part of a picture, its commonest color, and what differs most from it."""
    part = picture.copy(QRect(place.topLeft(), place.size().boundedTo(_ENOUGH)) & picture.rect())
    part.convertTo(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(part.constBits(), np.uint32) & 0xFFFFFF
    colors, counts = np.unique(pixels, return_counts=True)
    ground = int(colors[counts.argmax()])
    parts = (np.stack([colors >> 16, colors >> 8 & 0xFF, colors & 0xFF]) / 255) ** 2.2
    light = np.array([0.2126, 0.7152, 0.0722]) @ parts
    apart = np.abs(np.log((light + 0.05) / (light[counts.argmax()] + 0.05)))
    return f"#{ground:06x}", f"#{int(colors[apart.argmax()]):06x}"
