"""What stays when a list is read anew: which records are chosen, and which row stands at the top."""

from dataclasses import dataclass

from PySide6.QtCore import QItemSelection, QItemSelectionModel

from capdesk.services.listings.model import Ask
from capdesk.views.records.model import RecordModel
from capdesk.views.records.view import RecordView

MOST = 2_000
"""Selected rows that are looked for again."""


@dataclass(frozen=True)
class _Seen:
    ask: Ask
    selected: frozenset[int]
    current: int | None
    column: int
    top: int | None
    """The id of the record at the upper edge."""
    offset: int
    """Pixels of it above the edge."""
    scrolled: int


class Kept:
    """Looks at the view before its model changes, and puts it back afterwards, by the ids of records."""

    def __init__(self, view: RecordView, model: RecordModel) -> None:
        self._view, self._model = view, model
        self._seen: _Seen | None = None
        self.resetting = False
        model.modelAboutToBeReset.connect(self._look)
        model.modelReset.connect(self._put_back)

    def _look(self) -> None:
        self.resetting = True
        view, model = self._view, self._model
        current = view.currentIndex()
        row = model.held(current.row()) if current.isValid() else None
        first = max(view.rowAt(0), 0)
        top = model.held(first)
        stretches = view.selected_rows() if view.selected_count() <= MOST else []
        numbers = (number for start, end in stretches for number in range(start, end + 1))
        self._seen = _Seen(
            model.on_show,
            frozenset(held.id for number in numbers if (held := model.held(number)) is not None),
            row.id if row is not None else None,
            current.column(),
            top.id if top is not None else None,
            -view.rowViewportPosition(first) if top is not None else 0,
            view.verticalScrollBar().value(),
        )

    def _put_back(self) -> None:
        seen, self._seen = self._seen, None
        if seen is not None:
            numbers = self._model.numbers()
            self._choose(seen, numbers)
            self._scroll(seen, numbers)
        self.resetting = False

    def _choose(self, seen: _Seen, numbers: dict[int, int]) -> None:
        model, chosen = self._model, QItemSelection()
        last = model.columnCount() - 1
        for record in seen.selected:
            if record in numbers:
                at = numbers[record]
                chosen.select(model.index(at, 0), model.index(at, last))
        selection = self._view.selectionModel()
        if not chosen.isEmpty():
            selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if seen.current in numbers:
            current = model.index(numbers[seen.current], max(seen.column, 0))
            selection.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _scroll(self, seen: _Seen, numbers: dict[int, int]) -> None:
        """Another order or filter starts at the top; the same one stays where it was."""
        bar = self._view.verticalScrollBar()
        same = seen.ask == self._model.on_show
        value = seen.scrolled if same else 0
        if same and value and seen.top is not None and seen.top in numbers:
            value = numbers[seen.top] * self._view.verticalHeader().defaultSectionSize() + seen.offset
        self._view.executeDelayedItemsLayout()
        self._view.updateGeometries()
        bar.setValue(value)
