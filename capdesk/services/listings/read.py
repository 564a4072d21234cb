"""A list read from the database: how many rows, one page of them, one of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.services.listings import days
from capdesk.services.listings.conditions import condition, needs_calendar
from capdesk.services.listings.model import Ask, Column, Listing, Row
from capdesk.services.listings.spans import Calendar, desk_calendar

_MANY = 10_000
"""Of more rows than this a word's meaning is not asked for beforehand."""
_SOME_DAY = Calendar(ZoneInfo("UTC"), date(2026, 1, 1))


def check(listing: Listing, ask: Ask) -> None:
    """Raises UsageRefused, one sentence that names the word, for what cannot be asked of the list."""
    condition(listing, ask.filter, _SOME_DAY)
    _order(listing, ask)
    _scope(listing, ask)


def count(session: Session, listing: Listing, ask: Ask) -> int:
    """How many rows there are in all. Raises UsageRefused."""
    where, values = restricted(session, listing, ask)
    if query := days.known(listing, ask):
        return days.total(session, query, values)
    return int(session.scalar(text(f"SELECT count(*) FROM {listing.source} WHERE {where}"), values) or 0)  # noqa: S608


def page(session: Session, listing: Listing, ask: Ask, offset: int, limit: int, total: int | None = None) -> list[Row]:
    """Rows from `offset` on, at most `limit`. Raises UsageRefused.

    With `total`, how many there are, a page of the second half is read from the end, so that no page lies far away.
    """
    offset, backward = max(offset, 0), False
    if total is not None:
        limit = min(limit, total - offset)
        if backward := offset > total - offset - limit:
            offset = total - offset - limit
    if limit <= 0:
        return []
    ids = _ids(session, listing, ask, (offset, limit), backward=backward)
    found = _rows(session, listing, ids)
    return [found[number] for number in (reversed(ids) if backward else ids)]


def _ids(session: Session, listing: Listing, ask: Ask, place: tuple[int, int], *, backward: bool) -> list[int]:
    """Of a page, in its order. Only what filters and sorts is read; the rest is joined to the page's own rows."""
    where, values = restricted(session, listing, ask)
    column, descending = _order(listing, ask)
    offset, limit = place
    if column.key == listing.order and (query := days.known(listing, ask)):
        found = days.stretch(session, query, values, place, descending=descending is not backward)
        if found is None:
            return []
        where += f" AND {column.sql} >= :first AND {column.sql} < :after"
        values |= {"first": found.first, "after": found.after}
        offset = found.offset
    query = (
        f"SELECT {listing.id_sql} FROM {listing.source} WHERE {where}"  # noqa: S608 - what was typed is bound
        f" ORDER BY {ordering(listing, ask, backward=backward)} LIMIT {limit:d} OFFSET {offset:d}"
    )
    return list(session.scalars(text(query), values))


def one(session: Session, listing: Listing, id: int) -> Row | None:
    """The record, if there is one."""
    return _rows(session, listing, [id]).get(id)


def restricted(session: Session, listing: Listing, ask: Ask) -> tuple[str, dict[str, Any]]:
    """The condition the rows fulfil, and its parameters. Raises UsageRefused."""
    calendar = desk_calendar(session) if needs_calendar(listing, ask.filter) else _SOME_DAY

    def find(query: str, values: Mapping[str, Any]) -> list[int] | None:
        ids = list(session.scalars(text(f"{query} LIMIT {_MANY + 1:d}"), values))
        return ids if len(ids) <= _MANY else None

    filtered = condition(listing, ask.filter, calendar, find)
    scope, values = _scope(listing, ask)
    return f"{scope} AND {filtered.sql}", filtered.values | values


def ordering(listing: Listing, ask: Ask, *, backward: bool = False) -> str:
    """A total order: by the column asked for, what is empty last, and by id among equals."""
    column, descending = _order(listing, ask)
    direction = "DESC" if descending is not backward else "ASC"
    by_id = f"{listing.id_sql} {direction}"
    if column.sql == listing.id_sql:
        return by_id
    key = column.order or (f"lower({column.sql})" if column.kind == "text" else f"({column.sql})")
    nulls = f" NULLS {'FIRST' if backward else 'LAST'}" if column.nullable else ""
    return f"{key} {direction}{nulls}, {by_id}"


def _order(listing: Listing, ask: Ask) -> tuple[Column, bool]:
    if ask.order is None:
        return listing.column(listing.order), listing.descending if ask.descending is None else ask.descending
    column = next((one for one in listing.columns if one.key == ask.order), None)
    if column is None:
        raise UsageRefused(f"'{ask.order}' is no column of {listing.title}: sort by another one.")
    return column, bool(ask.descending)


def _scope(listing: Listing, ask: Ask) -> tuple[str, dict[str, Any]]:
    if ask.scope is None:
        return "true", {}
    name, number = ask.scope
    if name not in listing.scopes:
        raise UsageRefused(f"{listing.title} cannot be narrowed to one {name}: use a filter.")
    return f"({listing.scopes[name]})", {"scope": number}


def _rows(session: Session, listing: Listing, ids: Sequence[int]) -> dict[int, Row]:
    if not ids:
        return {}
    columns = ", ".join(column.sql for column in listing.columns)
    query = (
        f"SELECT {listing.id_sql}, {columns} FROM {listing.fetch or listing.source}"  # noqa: S608 - constants of lists.py
        f" WHERE {listing.id_sql} = ANY(CAST(:ids AS bigint[]))"
    )
    return {row[0]: Row(row[0], tuple(row[1:])) for row in session.execute(text(query), {"ids": list(ids)})}
