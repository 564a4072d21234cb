"""What holds for every list there is, on a desk that has rows for each."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.services.listings import read
from capdesk.services.listings.conditions import _STATES
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Column, Kind, Listing, Row
from capdesk.services.mapping import mappings
from capdesk.services.notifications.log import notifications
from capdesk.services.sync.log import sync_log

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


def everything(desk: Desk, listing: Listing, ask: Ask | None = None) -> list[Row]:
    return desk.read(lambda session: read.page(session, listing, ask or Ask(), 0, 10_000))


def ending(desk: Desk, listing: Listing, ask: Ask, total: int) -> list[Row]:
    """The last two rows, read from the back."""
    return desk.read(lambda session: read.page(session, listing, ask, total - 2, 50, total))


def one(desk: Desk, listing: Listing, number: int) -> Row | None:
    return desk.read(lambda session: read.one(session, listing, number))


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
            assert ending(crowded, listing, ask, len(rows)) == wanted[-2:], (column.key, descending)


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
        assert one(crowded, listing, row.id) == row
    assert one(crowded, listing, 10**9) is None


def test_that_there_is_a_list_for_every_page() -> None:
    assert set(LISTINGS) == {
        *("campaigns", "experiments", "leads", "team", "calls", "events", "time", "costs", "bonuses", "evaluations"),
        *("overrides", "notifications", "imports", "rejects", "syncs", "charges", "mappings", "products"),
    }
    assert all(listing.key == key for key, listing in LISTINGS.items())


def figures(desk: Desk, key: str, *wanted: str) -> list[tuple[Any, ...]]:
    """These columns of a list, by id."""
    listing = LISTINGS[key]
    places = [[column.key for column in listing.columns].index(one) for one in wanted]
    return [tuple(row.values[place] for place in places) for row in everything(desk, listing, Ask(order="id"))]


def asked(desk: Desk, query: str) -> list[tuple[Any, ...]]:
    return desk.read(lambda session: [tuple(row) for row in session.execute(text(query))])


def test_that_events_are_all_performance_events(crowded: Desk) -> None:
    query = (
        "SELECT id, event_type::text, event_timestamp, attribution::text, reversed_at"
        " FROM performance_event ORDER BY id"
    )
    assert figures(crowded, "events", "id", "type", "when", "counts", "reversed") == asked(crowded, query)


def test_that_an_event_shows_the_bonus_it_earned(crowded: Desk) -> None:
    earned = [row for row in figures(crowded, "events", "id", "bonus") if row[1] is not None]
    assert sorted(earned) == sorted(figures(crowded, "bonuses", "event", "amount"))


def test_that_spend_is_the_ledgers(crowded: Desk) -> None:
    spent = "SELECT coalesce(sum(cost_usd), 0.000000) FROM cost_rollup WHERE"
    for key, table in (("campaigns", "campaign"), ("experiments", "experiment")):
        query = f"SELECT id, ({spent} {table}_id = t.id) FROM {table} t ORDER BY id"
        assert figures(crowded, key, "id", "spent") == asked(crowded, query)
    assert sum(row[0] for row in figures(crowded, "costs", "cost")) == sum(
        row[0] for row in figures(crowded, "campaigns", "spent")
    )


def test_that_an_experiment_shows_the_caps_in_force_and_what_is_used_of_them(crowded: Desk) -> None:
    query = (
        "SELECT id, (caps_in_force(id)).capital_cap_usd, CASE WHEN start_date IS NOT NULL THEN"
        " (now() AT TIME ZONE desk_zone())::date - start_date END FROM experiment ORDER BY id"
    )
    assert figures(crowded, "experiments", "id", "cap", "days") == asked(crowded, query)
    assert {row[1] for row in asked(crowded, query)} == {Decimal(2000), Decimal(1000)}


def test_that_charges_name_the_campaign_that_pays_now_and_the_rest_is_unassigned(crowded: Desk) -> None:
    found = crowded.read(mappings)
    paid = figures(crowded, "charges", "unassigned", "campaign", "amount")
    unassigned = sum((row[2] for row in paid if row[0]), Decimal(0))
    assert unassigned == sum(one.charged_usd for one in found.unassigned)
    assert all((campaign is None) == lost for lost, campaign, _ in paid)
    shown = sorted(figures(crowded, "mappings", "id", "campaign", "charged"))
    assert shown == sorted((one.id, one.campaign, one.charged_usd) for one in found.mapped)


def test_that_notifications_stand_as_their_log_says(crowded: Desk) -> None:
    logged = crowded.read(lambda session: [*notifications(session, "weekly"), *notifications(session, "alert")])
    wanted = sorted((one.id, one.state, one.attempts, one.detail or None) for one in logged)
    assert figures(crowded, "notifications", "id", "state", "attempts", "detail") == wanted


def test_that_an_occasion_is_told_in_words_and_its_key_kept(crowded: Desk) -> None:
    told = figures(crowded, "notifications", "kind", "period", "occasion")
    weeks = [(key, words) for kind, key, words in told if kind == "weekly"]
    alerts = [words for kind, _key, words in told if kind == "alert"]
    assert weeks
    assert all(words == f"Week {key}" for key, words in weeks)
    assert alerts == ["Capital: 80 % of $12,500.00", "Time: 100 % of 30 days", "experiment:1"]


def test_that_syncs_are_those_of_the_log(crowded: Desk) -> None:
    logged = crowded.read(sync_log)
    wanted = sorted((one.id, one.state, one.rows, one.difference_usd, one.detail or None) for one in logged)
    assert figures(crowded, "syncs", "id", "outcome", "rows", "difference", "error") == wanted
