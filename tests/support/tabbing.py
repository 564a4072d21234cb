"""The way of the Tab key through a window: whether it comes to everything, in the order one reads, and back."""

import itertools
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.support.spoken import described, focusable

_MOST_STEPS = 300


def walked(window: QWidget, start: QWidget, *, back: bool = False) -> list[QWidget]:
    """The widgets that had the keyboard, from the start until it comes round or nothing moves any more."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    key = Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab
    way: list[QWidget] = []
    focus = QApplication.focusWidget()
    while focus is not None and focus not in way and len(way) < _MOST_STEPS:
        way.append(focus)
        QTest.keyClick(focus, key)
        focus = QApplication.focusWidget()
    return way


def lost_ways(window: QWidget, start: QWidget) -> list[str]:
    """What the Tab key does not come to, where it turns against the order of reading, and where it does not go back."""
    way = walked(window, start)
    found = [f"Tab does not come to {described(one)}" for one in focusable(window) if one not in way]
    found += [
        f"Tab goes from {described(one)} back to {described(other)}"
        for one, other in itertools.pairwise(way)
        if reads_before(other, one)
    ]
    returned = walked(window, start, back=True)
    if returned[1:] != way[:0:-1]:
        found.append(f"Shift+Tab does not take the way of Tab back: {_first_difference(returned[1:], way[:0:-1])}")
    return found


def _first_difference(one: Sequence[QWidget], other: Sequence[QWidget]) -> str:
    for a, b in zip(one, other, strict=False):
        if a is not b:
            return f"{described(a)} instead of {described(b)}"
    return f"{len(one)} stops instead of {len(other)}"


def reads_before(one: QWidget, other: QWidget) -> bool:
    """Whether one stands above or left of the other, as blocks of what holds both."""
    mine, its = _chain(one), _chain(other)
    shared = next((holder for holder in mine if holder in its), None)
    if shared is None or shared in (one, other):
        return False
    a, b = _block(mine, shared), _block(its, shared)
    if a.bottom() <= b.top():
        return True
    return a.right() <= b.left() and a.top() < b.bottom() and b.top() < a.bottom()


def _chain(widget: QWidget) -> list[QWidget]:
    found, at = [widget], widget.parentWidget()
    while at is not None:
        found.append(at)
        at = at.parentWidget()
    return found


def _block(chain: Sequence[QWidget], holder: QWidget) -> QRect:
    """What of the holder the widget stands in."""
    child = chain[chain.index(holder) - 1]
    return QRect(child.mapTo(holder, QPoint()), child.size())
