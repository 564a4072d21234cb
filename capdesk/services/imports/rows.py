"""What the rows of every kind share: who, when, which number, and what the other columns hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from capdesk.errors import UsageRefused
from capdesk.services.imports.fields import NO_ZONES, parse_timestamp
from capdesk.services.imports.jsontext import dump_json
from capdesk.services.imports.profiles import Profile

_CACHE_LIMIT = 100_000
Value = TypeVar("Value")


class Cells:
    """The cells of one row by field name; a field without a column is empty. For kinds of modest size."""

    def __init__(self, profile: Profile) -> None:
        self._at = {name: profile.position(name) for name in profile.columns}
        self._header = profile.header
        self._values: list[str] = []
        self.column: str | None = None

    def take(self, values: list[str]) -> None:
        self._values = values
        self.column = None

    def __getitem__(self, name: str) -> str:
        """The cell; remembers its column, so that a refusal of its value can name it."""
        at = self._at.get(name)
        if at is None:
            return ""
        self.column = self._header[at]
        return self._values[at].strip()


def remember(cache: dict[str, Value], text: str, value: Value) -> Value:
    """Keep what a text means; bounded, whatever the file holds."""
    if len(cache) >= _CACHE_LIMIT:
        cache.clear()
    cache[text] = value
    return value


def past_moment(text: str, now: datetime, zones: Mapping[str, str] = NO_ZONES) -> datetime:
    """A timestamp in UTC that is not after `now`."""
    moment = parse_timestamp(text, zones)
    if moment > now:
        raise UsageRefused(f"'{text.strip()}' lies in the future; correct it or import it once it has happened.")
    return moment


def member_of(text: str, members: Mapping[str, int]) -> int | None:
    """The member with this e-mail; None for an empty cell. Raises UsageRefused for an unknown one."""
    email = text.strip().lower()
    if not email:
        return None
    found = members.get(email)
    if found is None:
        raise UsageRefused(f"'{text.strip()}' is the e-mail of no team member; add the member or correct it.")
    return found


def extras_of(values: list[str], columns: Sequence[tuple[int, str]]) -> dict[str, object]:
    """The columns that carry no field, by name, without the empty ones."""
    return {name: values[at] for at, name in columns if values[at]}


def json_or_none(found: dict[str, object]) -> str | None:
    return dump_json(found) if found else None
