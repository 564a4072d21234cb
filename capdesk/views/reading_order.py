"""The way of the Tab key: through everything on show in the order one reads, whatever was built or shown first."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGridLayout,
    QLayout,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QWidget,
)

_WHOLE = (QAbstractSpinBox, QComboBox, QLineEdit)
"""What is one stop, whatever it is made of."""
_EDGE = 24


def step(root: QWidget, forward: bool) -> bool:
    """Gives the keyboard to the next stop in the widget, or the one before; round the corner at its ends."""
    focus = QApplication.focusWidget()
    stops = [one for one in _in_order(root) if one is focus or is_stop(one)]
    if not stops or stops == [focus]:
        return False
    at = stops.index(focus) if focus in stops else -1 if forward else 0
    wanted = stops[(at + (1 if forward else -1)) % len(stops)]
    wanted.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    _bring_into_view(wanted)
    return True


def is_stop(widget: QWidget) -> bool:
    """Whether the Tab key may come here."""
    policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(policy) and widget.isEnabled() and widget.focusProxy() is None


def _in_order(widget: QWidget) -> Iterator[QWidget]:
    if not widget.isVisible():
        return
    yield widget
    if not isinstance(widget, _WHOLE):
        for one in _inside(widget):
            yield from _in_order(one)


def _inside(widget: QWidget) -> list[QWidget]:
    """As its layout has them; else from the top down, and from left to right."""
    if isinstance(widget, QSplitter):
        parts = (widget.widget(number) for number in range(widget.count()))
        return [one for one in parts if one is not None]
    layout = widget.layout()
    laid_out = list(_of_layout(layout)) if layout is not None else []
    known = set(laid_out)
    children = widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    others = [one for one in children if one not in known and not one.isWindow()]
    return [*laid_out, *sorted(others, key=lambda one: (one.y(), one.x()))]


def _of_layout(layout: QLayout) -> Iterator[QWidget]:
    numbers = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        numbers.sort(key=lambda number: layout.getItemPosition(number)[:2])  # type: ignore[index]
    for number in numbers:
        item = layout.itemAt(number)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _of_layout(inner)


def _bring_into_view(widget: QWidget) -> None:
    """A scroll area shows what comes to the keyboard only where it came from inside."""
    at = widget.parentWidget()
    while at is not None:
        inside = at.widget() if isinstance(at, QScrollArea) else None
        if isinstance(at, QScrollArea) and inside is not None and inside.isAncestorOf(widget):
            high = widget.height() // 2 + _EDGE
            middle = widget.mapTo(inside, QPoint(widget.width() // 2, widget.height() // 2))
            at.ensureVisible(middle.x(), middle.y(), 0, min(high, at.viewport().height() // 2))
        at = at.parentWidget()
