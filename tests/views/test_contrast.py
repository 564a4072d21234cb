"""Everything written can be read, in light and in dark: 4.5:1 for words, 3:1 for what one acts on and for charts."""

import re

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.resources import resource
from capdesk.views.look.colors import DARK, LIGHT, Colors
from capdesk.views.look.theme import style_sheet
from tests.support.contrast import contrast, edge_pairs, inks, text_pairs
from tests.support.rooms import places, room, told
from tests.support.spoken import below, described

WORDS, EDGES, INACTIVE = 4.5, 3.0, 3.0
"""WCAG 2 asks nothing of what cannot be used now; it is still to be found."""
LEAST_SEEN = 3.0
"""Thin letters never reach their whole color in a picture."""
PAINTED_WORDS = {
    "text": ("surface", "window", "sunken", "hover", "accent_soft", "good_soft", "warn_soft"),
    "muted": ("surface", "window", "sunken", "hover", "accent_soft"),
    "accent": ("surface", "window"),
    "on_accent": ("accent",),
    "good": ("surface", "window", "good_soft"),
    "warn": ("surface", "window", "warn_soft"),
    "bad": ("surface", "window", "bad_soft"),
}
"""What delegates, headers, buttons and charts that paint themselves write on."""
PAINTED_SHAPES = {
    "accent": ("surface", "window", "sunken", "hover"),
    "strong_border": ("surface", "window"),
    "bad": ("surface", "hover"),
    "labor": ("surface", "window", "hover"),
    "bonus": ("surface", "window", "hover"),
    "twilio": ("surface", "window", "hover"),
    "gcp": ("surface", "window", "hover"),
}
"""Focus rings, marks, and the sources of cost in bars and charts."""

both = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


def short(colors: Colors, one: str, other: str, least: float) -> bool:
    return contrast(getattr(colors, one), getattr(colors, other)) < least


@both
def test_that_every_rule_of_the_style_sheet_can_be_read(colors: Colors) -> None:
    found = [
        f"{selector}: {color} on {ground}"
        for selector, color, ground in text_pairs()
        if short(colors, color, ground, INACTIVE if ":disabled" in selector else WORDS)
    ]
    assert not found, "\n".join(found)


@both
def test_that_every_border_one_must_see_is_seen(colors: Colors) -> None:
    found = [f"{s}: {color} on {ground}" for s, color, ground in edge_pairs() if short(colors, color, ground, EDGES)]
    assert not found, "\n".join(found)


@both
def test_that_what_is_painted_can_be_read_and_seen(colors: Colors) -> None:
    pairs = [(*pair, WORDS) for pair in PAINTED_WORDS.items()] + [(*pair, EDGES) for pair in PAINTED_SHAPES.items()]
    found = [
        f"{color} on {ground}"
        for color, grounds, least in pairs
        for ground in grounds
        if short(colors, color, ground, least)
    ]
    assert not found, "\n".join(found)


def test_that_a_rule_that_cannot_be_read_would_be_found() -> None:
    assert ("QMenu::item:selected", "text", "accent_soft") in set(text_pairs())
    assert ('QPushButton[kind="primary"]', "on_accent", "accent") in set(text_pairs())
    assert ("QPushButton:focus", "accent", "window") in set(edge_pairs())
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scale", [100, 200])
@both
def test_that_the_style_sheet_names_no_color_itself_and_leaves_no_name_open(colors: Colors, scale: int) -> None:
    assert not re.findall(r"#[0-9a-f]{6}\b", resource("style", "capdesk.qss").read_text(encoding="utf-8"))
    assert "@" not in style_sheet(colors, scale)


@both
def test_that_words_on_every_page_can_be_read(qtbot: QtBot, demo_desk: Desk, colors: Colors) -> None:
    found = []
    with room(demo_desk, colors.scheme) as here:
        for place in places(with_records=True):
            here.go(place)
            picture = here.window.grab().toImage()
            for one in below(here.window):
                seen = QRect(one.mapTo(here.window, QPoint()), one.size())
                whole = one.visibleRegion().boundingRect().size() == one.size() and not one.size().isEmpty()
                if whole and one.isEnabled() and isinstance(one, QLabel | QAbstractButton) and one.text():
                    ground, ink = inks(picture, seen)
                    written = one.palette().color(one.foregroundRole()).name() if isinstance(one, QLabel) else ink
                    least = WORDS if isinstance(one, QLabel) else LEAST_SEEN
                    if contrast(written, ground) < least or contrast(ink, ground) < LEAST_SEEN:
                        found.append(f"{told(place)}: {described(one)} in {written}, {ink}, on {ground}")
    assert not found, "\n".join(found)
