"""Which columns stand where and how wide: as the owner arranged them, or as they fit what is in them."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMenu, QWidget

from capdesk.services.listings.model import Listing
from capdesk.views.records.calm import shared_out
from capdesk.views.records.habits import Habits
from capdesk.views.records.menus import chooser
from capdesk.views.records.model import RecordModel
from capdesk.views.records.view import RecordView
from capdesk.views.workspace import Workspace

SAVE_MS = 400
LOOKED_AT = 60
"""Rows that are measured to find how wide a column should be."""
WIDEST = 340
"""Pixels at 100 percent; longer texts are cut short where they stand."""
STEP = 32


class Arrangement(QObject):
    """The columns of one list on the screen; remembered under `name`."""

    def __init__(self, workspace: Workspace, listing: Listing, view: RecordView, name: str) -> None:
        super().__init__(view)
        self._workspace, self._listing, self._view, self._name = workspace, listing, view, name
        self._numbers = {column.key: number for number, column in enumerate(listing.columns)}
        self._habits = Habits.load(workspace.memory, name, listing)
        self._arranging = False
        self._wanted: dict[str, int] = {}
        self._room = 0
        self._saving = QTimer(self, interval=SAVE_MS, singleShot=True)
        self._saving.timeout.connect(self.save)
        self._apply()
        view.head.sectionResized.connect(self._resized)
        view.head.sectionMoved.connect(self._moved)
        view.resized.connect(self._room_changed)
        view.destroyed.connect(self._saving.stop)

    @property
    def sort(self) -> tuple[str, bool]:
        """The key of the column it is sorted by, and whether from the largest down."""
        return self._habits.sort or (self._listing.order, self._listing.descending)

    @property
    def hidden(self) -> frozenset[str]:
        return frozenset(self._habits.hidden)

    def sort_by(self, key: str, descending: bool) -> None:
        self._habits.sort = (key, descending)
        self._draw_sort()
        self.save()

    def set_shown(self, key: str, shown: bool) -> None:
        """Shows or hides a column; one always stays."""
        hidden = self._habits.hidden
        if not shown and len(hidden) >= len(self._numbers) - 1:
            return
        hidden.symmetric_difference_update({key} if (key in hidden) == shown else ())
        self._view.setColumnHidden(self._numbers[key], not shown)
        self.fit()
        self.save()

    def move(self, key: str, steps: int) -> None:
        """Moves a column past its neighbor on show."""
        head, shown = self._view.head, self._view.shown_columns()
        number = self._numbers[key]
        place = shown.index(number) + steps
        if 0 <= place < len(shown):
            head.moveSection(head.visualIndex(number), head.visualIndex(shown[place]))

    def widen(self, key: str, steps: int) -> None:
        """Makes a column wider or narrower; 0 fits it to what is in it."""
        head, number = self._view.head, self._numbers[key]
        self._measure()
        width = head.sectionSize(number) + steps * self._scaled(STEP) if steps else self._wanted[key]
        head.resizeSection(number, max(width, head.minimumSectionSize()))

    def reset(self) -> None:
        """As before anybody chose anything; the order of rows stays."""
        sort = self._habits.sort
        self._habits = Habits.first(self._listing)
        self._habits.sort = sort
        self._apply()
        self.fit()
        self.save()

    def chooser(self, parent: QWidget) -> QMenu:
        return chooser(parent, self._listing, lambda: self.hidden, self.set_shown, self.reset)

    def fit(self) -> None:
        """Makes columns nobody has resized as wide as what is in them needs."""
        self._measure()
        self._spread()

    def scale_changed(self) -> None:
        self._apply()
        self.fit()

    def save(self) -> None:
        self._saving.stop()
        self._habits.save(self._workspace.memory, self._name)

    # How it is done

    def _apply(self) -> None:
        self._arranging = True
        head, habits = self._view.head, self._habits
        for place, key in enumerate(habits.order):
            head.moveSection(head.visualIndex(self._numbers[key]), place)
        for key, number in self._numbers.items():
            self._view.setColumnHidden(number, key in habits.hidden)
            if key in habits.widths:
                head.resizeSection(number, self._scaled(habits.widths[key]))
        self._arranging = False
        self._draw_sort()

    def _draw_sort(self) -> None:
        head = self._view.head
        head.sorted_by = self.sort
        head.viewport().update()

    def _measure(self) -> None:
        model = self._view.model()
        if not isinstance(model, RecordModel):
            return
        first = self._view.visible_rows()[0]
        rows = [row for at in range(first, first + LOOKED_AT) if (row := model.held(at)) is not None]
        for key, number in self._numbers.items():
            if not self._view.isColumnHidden(number):
                widths = (self._view.painted.wanted_width(model.cell_of(row, number)) for row in rows)
                wanted = min(max(widths, default=0), self._scaled(WIDEST))
                self._wanted[key] = max(wanted, self._view.head.wanted_width(number))

    def _room_changed(self) -> None:
        """Scroll bars that come and go change nothing, or columns and bars would chase each other."""
        if self._view.width() != self._room:
            self._room = self._view.width()
            self._spread()

    def _spread(self) -> None:
        """Room that is left is shared out, and what is missing is taken from texts, from the widest first."""
        habits, shown = self._habits, [self._listing.columns[at] for at in self._view.shown_columns()]
        if habits.widths or any(column.key not in self._wanted for column in shown):
            return
        wanted = {column.key: self._wanted[column.key] for column in shown}
        texts = frozenset(column.key for column in shown if column.kind == "text")
        widths = shared_out(wanted, texts, self._view.room(), self._workspace.theme.scale)
        self._arranging = True
        for key, width in widths.items():
            self._view.head.resizeSection(self._numbers[key], width)
        self._arranging = False

    def _resized(self, number: int, _before: int, width: int) -> None:
        shown = self._view.shown_columns()
        by_hand = not self._arranging and width > 0 and shown and number in shown
        if not by_hand or (number == shown[-1] and self._view.head.stretchLastSection() and not self._habits.widths):
            return
        head, scale = self._view.head, self._workspace.theme.scale
        for at in shown:
            if at != shown[-1] or at == number:
                self._habits.widths[self._listing.columns[at].key] = round(head.sectionSize(at) * 100 / scale)
        self._saving.start()

    def _moved(self, *_places: int) -> None:
        if not self._arranging:
            head = self._view.head
            order = (head.logicalIndex(place) for place in range(head.count()))
            self._habits.order = [self._listing.columns[number].key for number in order]
            self._saving.start()

    def _scaled(self, pixels: int) -> int:
        return round(pixels * self._workspace.theme.scale / 100)
