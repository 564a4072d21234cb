"""What holds for every list there is, on a desk that has rows for each."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.listings import read
from capdesk.services.listings.conditions import _STATES
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Column, Kind, Listing, Row

EVERY = pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS.keys())
TYPES: dict[Kind, type] = {
    "id": int,
    "number": int,
    "text": str,
    "choice": str,
    "decimal": Decimal,
    "money": Decimal,
    "date": date,
    "moment": datetime,
    "flag": bool,
}
NEVER_FILLED = {"time": {"batch"}}


def everything(desk: Desk, listing: Listing, ask: Ask | None = None) -> list[Row]:
    return desk.read(lambda session: read.page(session, listing, ask or Ask(), 0, 10_000))


def counted(desk: Desk, listing: Listing, typed: str = "", scope: tuple[str, int] | None = None) -> int:
    return desk.read(lambda session: read.count(session, listing, Ask(typed, scope=scope)))


def sorted_by(column: Column, place: int, rows: list[Row], descending: bool) -> list[Row]:
    """As a plain sort has it: what is empty last, ties by id."""

    def key(row: Row) -> tuple[Any, int]:
        value = row.values[place]
        if column.kind == "choice":
            return column.choices.index(value), row.id
        return (value.lower() if isinstance(value, str) else value), row.id

    filled = sorted((row for row in rows if row.values[place] is not None), key=key, reverse=descending)
    empty = sorted((row for row in rows if row.values[place] is None), key=lambda row: row.id, reverse=descending)
    return filled + empty


@EVERY
def test_that_a_list_is_well_formed(listing: Listing) -> None:
    keys = [column.key for column in listing.columns]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch("[a-z][a-z0-9]*", key) for key in keys)
    assert not set(keys) & set(_STATES)
    assert keys[0] == "id"
    assert listing.order in keys
    assert any(column.shown for column in listing.columns)
    assert listing.empty.endswith(".")
    assert all((column.kind == "choice") == bool(column.choices) for column in listing.columns)
    if listing.days:
        assert listing.column(listing.order).kind == "moment"


@EVERY
def test_that_its_rows_are_counted_and_hold_what_their_columns_say(crowded: Desk, listing: Listing) -> None:
    rows = everything(crowded, listing)
    assert len(rows) == counted(crowded, listing) > 0
    for place, column in enumerate(listing.columns):
        found = [row.values[place] for row in rows]
        filled = [value for value in found if value is not None]
        assert len(filled) == len(found) or column.nullable, column.key
        assert all(type(value) is TYPES[column.kind] for value in filled), (column.key, filled)
        assert set(filled) <= set(column.choices) or not column.choices, column.key
        assert all(value.tzinfo is not None for value in filled if isinstance(value, datetime))
        assert [row.values[place] for row in rows] == [row.id for row in rows] or column.key != "id"


@EVERY
def test_that_it_sorts_by_every_column_both_ways_and_reads_the_same_from_the_back(
    crowded: Desk, listing: Listing
) -> None:
    rows = everything(crowded, listing)
    for place, column in enumerate(listing.columns):
        for descending in (False, True):
            wanted = sorted_by(column, place, rows, descending)
            ask = Ask(order=column.key, descending=descending)
            assert everything(crowded, listing, ask) == wanted, (column.key, descending)
            back = crowded.read(lambda session, ask=ask: read.page(session, listing, ask, len(rows) - 2, 50, len(rows)))
            assert back == wanted[max(len(rows) - 2, 0) :], (column.key, descending)


@EVERY
def test_that_each_value_is_found_by_its_column(crowded: Desk, listing: Listing) -> None:
    rows = everything(crowded, listing)
    for place, column in enumerate(listing.columns):
        for value in {row.values[place] for row in rows}:
            same = {row.id for row in rows if row.values[place] == value}
            typed = as_typed(column, value, crowded.zone)
            found = {row.id for row in everything(crowded, listing, Ask(typed))}
            rounded = column.kind in ("money", "moment")  # to the cent, to the minute
            assert found >= same if rounded else found == same, typed
            assert counted(crowded, listing, typed) + counted(crowded, listing, f"-{typed}") == len(rows), typed


def as_typed(column: Column, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return f"{column.key}:-"
    if column.kind == "text":
        doubled = value.replace('"', '""')
        return f'{column.key}="{doubled}"'
    if column.kind == "moment":
        return f"{column.key}:{value.astimezone(zone):%Y-%m-%dT%H:%M}"
    if column.kind == "choice":
        return f"{column.key}:{value.replace(' ', '-')}"
    return f"{column.key}:{value}".lower()


@EVERY
def test_that_a_word_finds_every_text_that_contains_it(crowded: Desk, listing: Listing) -> None:
    rows = everything(crowded, listing)
    searched = [place for place, one in enumerate(listing.columns) if one.searched and one.kind in ("text", "choice")]
    words = {str(row.values[place])[:9].strip() for row in rows for place in searched if row.values[place]}
    for word in words:
        doubled = word.replace('"', '""')
        found = {row.id for row in everything(crowded, listing, Ask(f'"{doubled}"'))}
        plain = word.lower().replace("_", " ").replace("-", " ")
        wanted = {
            row.id
            for row in rows
            for place in searched
            if word.lower() in (value := str(row.values[place] or "").lower())
            or (listing.columns[place].choices and plain in value.replace("_", " ").replace("-", " "))
        }
        assert found == wanted, word


@EVERY
def test_that_every_scope_holds_some_rows_and_never_more_than_all(crowded: Desk, listing: Listing) -> None:
    total = counted(crowded, listing)
    for name in listing.scopes:
        sizes = [counted(crowded, listing, scope=(name, number)) for number in range(1, 30)]
        assert max(sizes) > 0, name
        assert max(sizes) <= total
        for number in (1, 2):
            ask = Ask(scope=(name, number))
            assert len(everything(crowded, listing, ask)) == sizes[number - 1]


@EVERY
def test_that_one_record_is_read_by_its_id(crowded: Desk, listing: Listing) -> None:
    for row in everything(crowded, listing)[:3]:
        assert crowded.read(lambda session, row=row: read.one(session, listing, row.id)) == row
    assert crowded.read(lambda session: read.one(session, listing, 10**9)) is None


def test_that_there_is_a_list_for_every_page() -> None:
    assert set(LISTINGS) == {
        *("campaigns", "experiments", "leads", "team", "calls", "events", "time", "costs", "bonuses", "evaluations"),
        *("overrides", "notifications", "imports", "rejects", "syncs", "charges", "mappings", "products"),
    }
    assert all(listing.key == key for key, listing in LISTINGS.items())
