"""What is remembered of a list between starts: which columns, in what order, how wide, and how it is sorted."""

from dataclasses import dataclass, field
from typing import Any

from capdesk.services.listings.model import Listing
from capdesk.views.memory import Memory


@dataclass
class Habits:
    """`widths` are in pixels at a text size of 100 percent; empty where nobody has set any."""

    order: list[str] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    sort: tuple[str, bool] | None = None

    @classmethod
    def first(cls, listing: Listing) -> "Habits":
        """Before anybody has chosen anything."""
        keys = [column.key for column in listing.columns]
        return cls(keys, {}, {column.key for column in listing.columns if not column.shown})

    @classmethod
    def load(cls, memory: Memory, name: str, listing: Listing) -> "Habits":
        """What was remembered, as far as it still fits the list."""
        made, told = cls.first(listing), memory.get(f"list/{name}", {})
        keys = made.order
        order = [key for key in _words(told.get("order")) if key in keys]
        if not order:
            return made
        made.order = order + [key for key in keys if key not in order]
        made.hidden = {key for key in _words(told.get("hidden")) if key in keys} | (made.hidden - set(order))
        if made.hidden >= set(keys):
            made.hidden = set()
        widths = told.get("widths")
        told_widths = widths.items() if isinstance(widths, dict) else ()
        made.widths = {key: width for key, width in told_widths if key in keys and _is_width(width)}
        match told.get("sort"):
            case [str(key), bool(descending)] if key in keys:
                made.sort = (key, descending)
        return made

    def save(self, memory: Memory, name: str) -> None:
        told: dict[str, Any] = {"order": self.order, "widths": self.widths, "hidden": sorted(self.hidden)}
        memory.put(f"list/{name}", told | ({"sort": list(self.sort)} if self.sort else {}))


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_width(value: Any) -> bool:
    return isinstance(value, int) and 20 <= value <= 4000
