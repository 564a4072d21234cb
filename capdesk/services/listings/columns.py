"""The columns many lists share, and short ways to write one."""

from enum import StrEnum
from typing import Any

from capdesk.models.base import Attribution, EventType
from capdesk.services.listings.model import Column, Via

TODAY = "(SELECT (now() AT TIME ZONE zone)::date FROM desk)"
"""The business date, asked once per query."""
UTC_TODAY = "(now() AT TIME ZONE 'UTC')::date"
"""What providers' days are compared with."""


def words(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(word.value for word in kind)


def number(sql: str, title: str = "No.") -> Column:
    """The record's own id."""
    return Column("id", title, "id", sql, shown=False, nullable=False)


def ordered(key: str, title: str, sql: str, choices: tuple[str, ...], **more: Any) -> Column:
    """A choice whose SQL is plain text: sorted like its vocabulary, as enums are by themselves."""
    listed = ", ".join(f"'{choice}'" for choice in choices)
    return Column(key, title, "choice", sql, choices, order=f"array_position(ARRAY[{listed}], {sql})", **more)


def campaign(key: str, sql: str = "g.name", **more: Any) -> Column:
    """The name of the campaign that `key` is the id of."""
    return _named("campaign", "Campaign", key, "campaign", sql, **more)


def experiment(key: str, sql: str = "x.name", **more: Any) -> Column:
    return _named("experiment", "Experiment", key, "experiment", sql, **more)


def member(key: str, sql: str = "m.name", **more: Any) -> Column:
    return _named("member", "Team member", key, "team_member", sql, **more)


def _named(word: str, title: str, key: str, table: str, sql: str, **more: Any) -> Column:
    return Column(word, title, "text", sql, via=(Via(key, f"{table} v", "v.id", "v.name"),), **more)


def contact(word: str, title: str, sql: str, key: str, **more: Any) -> Column:
    """Who a lead is; erased with `lead_contact`."""
    return Column(word, title, "text", sql, via=(contact_via(word, key),), **more)


def contact_via(word: str, key: str) -> Via:
    return Via(key, "lead_contact v", "v.lead_id", f"v.{word}")


def detail_via(key: str, table: str, id: str) -> Via:
    """The number of a lead nobody knew when its call or event was recorded."""
    return Via(key, f"{table} v", f"v.{id}", "v.phone")


def event_type(key: str, title: str, sql: str, **more: Any) -> Column:
    return Column(key, title, "choice", sql, words(EventType), **more)


def counts(sql: str, **more: Any) -> Column:
    """Why an event counts for an experiment (`run`) or does not."""
    return Column("counts", "Counts", "choice", sql, words(Attribution), **more)


def recorded(sql: str, title: str = "Recorded", **more: Any) -> Column:
    return Column("recorded", title, "moment", sql, nullable=False, **more)


def reversed_at(sql: str, **more: Any) -> Column:
    """When a reversing row answered it; empty where none has."""
    return Column("reversed", "Reversed", "moment", sql, **more)


def reason(sql: str, **facts: str) -> Column:
    """Why it was reversed; `facts` says which column of a reversal names it (`call_id="c.id"`)."""
    vias = tuple(Via(key, "reversal v", f"v.{name}", "v.reason") for name, key in facts.items())
    return Column("reason", "Reason reversed", "text", sql, shown=False, via=vias)
