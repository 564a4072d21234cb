"""Going back in time: a slider over the moments at which something was recorded, up to now."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSlider

from capdesk.services.reports.wording import short_day
from capdesk.views.widgets import button, named, set_property, styled, text

_CHARACTERS = 120
"""Where it is narrower, the words stand below the slider."""
_LONGEST = "As known on 30 Nov 2026 23:59:59 – later facts are hidden"
"""Room for it is kept, so that the slider stays where it is under the mouse."""
_PRECISIONS = ("minutes", "seconds", "milliseconds", "microseconds")


class AsOfBar(QFrame):
    """The last place of the slider is now. Arrow keys go from moment to moment, Home to the first, End to now."""

    changed = Signal(object)
    """The moment chosen, None for now."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        named(self, "as-of", "As of")
        self._zone = zone
        self._moments: tuple[datetime, ...] = ()
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "as-of-slider", "As of")
        self.slider.setPageStep(10)
        self.slider.valueChanged.connect(self._moved)
        self.told = named(text("", "muted", wrap=True), "as-of-told")
        self.now = button("Now", self.to_now, kind="quiet")
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(12)
        words = QHBoxLayout()
        words.setSpacing(12)
        words.addWidget(self.told, 1)
        words.addWidget(self.now)
        self._name = text("As of", "muted")
        row.addWidget(self._name)
        row.addWidget(self.slider, 1)
        row.addLayout(words)
        self._tell()

    @property
    def moment(self) -> datetime | None:
        """The one chosen; None is now."""
        at = self.slider.value()
        return self._moments[at] if at < len(self._moments) else None

    def set_moments(self, moments: Sequence[datetime]) -> None:
        """The moments there are; the one chosen stays, now stays now."""
        chosen = self.moment
        self._moments = tuple(moments)
        last = len(self._moments)
        at = next((n for n, one in enumerate(self._moments) if chosen is not None and one >= chosen), last)
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(at)
        self.slider.blockSignals(False)
        self._tell()

    def to_now(self) -> None:
        self.slider.setValue(len(self._moments))

    def words(self) -> str:
        """What is shown, in a sentence."""
        moment = self.moment
        if moment is None:
            return "Now: everything that is known"
        return f"As known on {self._shown(self.slider.value())} – later facts are hidden"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _CHARACTERS * self.fontMetrics().averageCharWidth()
        way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._row.direction() != way:
            self._row.setDirection(way)
        self._name.setVisible(not narrow)
        self.told.setWordWrap(narrow)
        self.told.setMinimumWidth(0 if narrow else self.fontMetrics().horizontalAdvance(_LONGEST))

    def _moved(self, _value: int) -> None:
        self._tell()
        self.changed.emit(self.moment)

    def _tell(self) -> None:
        past = self.moment is not None
        self.told.setText(self.words())
        styled(self.told, "warn" if past else "muted")
        self.slider.setAccessibleDescription(self.words())
        self.now.setEnabled(past)
        set_property(self, "band", "past" if past else "now")

    def _shown(self, at: int) -> str:
        """No more of the time than it takes to tell the moment from those beside it."""
        local = [one.astimezone(self._zone) for one in self._moments]
        beside = [local[near] for near in (at - 1, at + 1) if 0 <= near < len(local)]
        for precision in _PRECISIONS:
            shown = [f"{short_day(one.date())} {one.time().isoformat(precision)}" for one in (local[at], *beside)]
            if shown[0] not in shown[1:]:
                break
        return shown[0]
