"""The two fields only an experiment has: which events count as success besides, and what an event earns its member."""

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QWidget

from capdesk.errors import UsageRefused
from capdesk.models.base import EventType
from capdesk.services.money import dollars, parse_dollars
from capdesk.services.reports.names import event_name
from capdesk.views.forms.fields import Field, beside
from capdesk.views.layouts import Tiles
from capdesk.views.widgets import named, set_property

_EVENT_WIDTH, _BONUS_WIDTH = 23, 38
"""In characters; as many stand beside each other as there is room for."""


class EventsField(Field[tuple[EventType, ...]]):
    """Any number of event types, each a box to tick."""

    def __init__(self, key: str, label: str, *, hint: str = "") -> None:
        whole = QWidget()
        tiles = Tiles(_EVENT_WIDTH, parent=whole, gap=6)
        self.boxes = {event: QCheckBox(event_name(event)) for event in EventType}
        super().__init__(key, label, whole, required=False, hint=hint)
        for event, box in self.boxes.items():
            named(box, f"field-{key}-{event}", f"{label}: {event_name(event)}")
            tiles.addWidget(box)
            box.toggled.connect(self._touched)
        self.setFocusProxy(self.boxes[EventType.DIAL_ATTEMPT])

    def value(self) -> tuple[EventType, ...]:
        return tuple(event for event, box in self.boxes.items() if box.isEnabled() and box.isChecked())

    def set_value(self, value: tuple[EventType, ...] | None) -> None:
        for event, box in self.boxes.items():
            box.setChecked(event in (value or ()))

    def leave_out(self, primary: EventType | None) -> None:
        """The primary event is none of the secondary ones."""
        for event, box in self.boxes.items():
            box.setEnabled(event != primary)


class BonusField(Field[dict[EventType, Decimal]]):
    """An amount in dollars for each event type; none where it is empty."""

    def __init__(self, key: str, label: str, *, hint: str = "") -> None:
        whole = QWidget()
        tiles = Tiles(_BONUS_WIDTH, parent=whole, gap=8)
        self.lines = {event: QLineEdit() for event in EventType}
        super().__init__(key, label, whole, required=False, hint=hint)
        for event, line in self.lines.items():
            name = QLabel(event_name(event))
            name.setBuddy(line)
            named(line, f"field-{key}-{event}", f"{label} for {event_name(event)}")
            line.setPlaceholderText("none")
            line.setAlignment(Qt.AlignmentFlag.AlignRight)
            line.setFixedWidth(line.fontMetrics().averageCharWidth() * 15)
            tiles.addWidget(beside(name, line))
            line.textChanged.connect(self._touched)
            line.editingFinished.connect(self.check)
        self.setFocusProxy(self.lines[EventType.DIAL_ATTEMPT])

    def value(self) -> dict[EventType, Decimal]:
        found = {}
        for event, line in self.lines.items():
            words = line.text().strip()
            if not words:
                continue
            amount = parse_dollars(words)
            if amount <= 0:
                raise UsageRefused(f"The bonus for {event_name(event)} is {dollars(amount)}; it must be more than $0.")
            found[event] = amount
        return found

    def set_value(self, value: dict[EventType, Decimal] | None) -> None:
        for event, line in self.lines.items():
            amount = (value or {}).get(event)
            line.setText(
                "" if amount is None else f"{amount:.2f}" if amount == round(amount, 2) else f"{amount.normalize():f}"
            )

    def complain(self, words: str) -> None:
        super().complain(words)
        for line in getattr(self, "lines", {}).values():
            set_property(line, "wrong", bool(words) and self._is_wrong(line))

    def _is_wrong(self, line: QLineEdit) -> bool:
        try:
            return bool(line.text().strip()) and parse_dollars(line.text()) <= 0
        except UsageRefused:
            return True
