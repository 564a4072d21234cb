"""What does not fit where it stands: words cut off, widgets over one another, content nobody can scroll to."""

import itertools
from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizeGrip,
    QSplitterHandle,
    QTabBar,
    QWidget,
)

from capdesk.views.records.states import StatePanel
from capdesk.views.shell.flat import FlatButton
from capdesk.views.shell.overlay import Overlay
from tests.support.spoken import below, described

_OVER = (Overlay, StatePanel, QSizeGrip, QSplitterHandle)
"""What lies over others on purpose."""
_SPARE = 1


def misfits(window: QWidget) -> list[str]:
    """Everything that does not fit in the window."""
    return [*_too_small(window), *_cut(window), *_overlapping(window), *_unreachable(window)]


def _too_small(window: QWidget) -> Iterator[str]:
    for one in below(window):
        if isinstance(one, FlatButton):
            needed, said = one.sizeHint(), one.text()
            if needed.width() > one.width() + _SPARE and one.shows_words and said not in one.tip():
                yield f"{described(one)} shortens its words and tells them nowhere"
        elif isinstance(one, QLabel | QAbstractButton | QTabBar) and not _is_of_qt(one):
            yield from _words_cut(one)


def _words_cut(one: QWidget) -> Iterator[str]:
    if isinstance(one, QLabel) and not one.text():
        return
    hint = one.sizeHint()
    if one.hasHeightForWidth():
        high = one.heightForWidth(one.width())
        if high > one.height() + _SPARE:
            yield f"{described(one)} is {one.height()} high and needs {high}"
    elif hint.height() > one.height() + _SPARE:
        yield f"{described(one)} is {one.height()} high and needs {hint.height()}"
    elif hint.width() > one.width() + _SPARE:
        yield f"{described(one)} is {one.width()} wide and needs {hint.width()}"


def _is_of_qt(one: QWidget) -> bool:
    """A tab bar with arrows, so that every tab can be come to; the arrows; the clear button of a line."""
    return (isinstance(one, QTabBar) and one.usesScrollButtons()) or isinstance(one.parentWidget(), QTabBar | QLineEdit)


def _cut(window: QWidget) -> Iterator[str]:
    """Words and buttons that reach out of what holds them, up to the next area that scrolls."""
    for one in below(window):
        if not isinstance(one, QLabel | QAbstractButton) or one.width() == 0:
            continue
        at = one.parentWidget()
        while at is not None and not isinstance(at.parentWidget(), QAbstractScrollArea):
            place = QRect(one.mapTo(at, QPoint()), one.size())
            if not at.rect().adjusted(-_SPARE, -_SPARE, _SPARE, _SPARE).contains(place):
                yield f"{described(one)} reaches out of {described(at)}"
                break
            at = at.parentWidget() if not at.isWindow() else None


def _overlapping(window: QWidget) -> Iterator[str]:
    for holder in below(window):
        if isinstance(holder, QAbstractScrollArea | QAbstractButton | QTabBar) or holder.layout() is None:
            continue
        inside = [one for one in holder.children() if isinstance(one, QWidget) and one.isVisible()]
        inside = [one for one in inside if not one.isWindow() and not isinstance(one, _OVER)]
        for one, other in itertools.combinations(inside, 2):
            shared = one.geometry() & other.geometry()
            if shared.width() > 2 and shared.height() > 2:
                yield f"{described(one)} lies over {described(other)}"


def _unreachable(window: QWidget) -> Iterator[str]:
    for area in below(window):
        shown = area.widget() if isinstance(area, QScrollArea) else None
        if isinstance(area, QScrollArea) and shown is not None:
            inside, room = shown.width(), area.viewport().width()
            if inside > room + _SPARE:
                yield f"{described(area)}: {described(shown)} is {inside} wide and only {room} is seen"
