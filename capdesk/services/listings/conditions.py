"""A typed filter as one condition for the database."""

import re

from capdesk.errors import UsageRefused
from capdesk.services.listings.filters import Term, terms
from capdesk.services.listings.matching import Condition, Find, among, containing, either, same
from capdesk.services.listings.model import Column, Listing
from capdesk.services.listings.sizes import compared
from capdesk.services.listings.spans import Calendar
from capdesk.services.listings.wording import either_of, example, refused, unknown_column

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_STATES = ("is", "has", "no")


def needs_calendar(listing: Listing, typed: str) -> bool:
    """Whether the filter speaks of time, so that the desk zone must be known."""
    timed = {column.key for column in listing.columns if column.kind in ("date", "moment")}
    return any(term.key in timed for term in terms(typed))


def condition(listing: Listing, typed: str, calendar: Calendar, find: Find | None = None) -> Condition:
    """What every row must fulfil. Raises UsageRefused, naming the word that cannot be understood."""
    made = Condition() if find is None else Condition(find)
    for term in terms(typed):
        part = _word(listing, term, made) if term.key is None else _of_column(listing, term, made, calendar)
        made.parts.append(f"NOT coalesce({part}, false)" if term.negated else part)
    return made


def empty(column: Column) -> str:
    """A text without a character is as empty as none."""
    return f"(coalesce({column.sql}, '') = '')" if column.kind == "text" else f"(({column.sql}) IS NULL)"


def _word(listing: Listing, term: Term, made: Condition) -> str:
    """Choices the word is part of are known beforehand; texts are looked through."""
    word, searched = _plain(term.value), [column for column in listing.columns if column.searched]
    named = (
        among(column, [choice for choice in column.choices if word in _plain(choice)], made)
        for column in searched
        if column.kind == "choice"
    )
    return either([*named, containing(term.value, [one for one in searched if one.kind == "text"], made)])


def _of_column(listing: Listing, term: Term, made: Condition, calendar: Calendar) -> str:
    if term.key in _STATES and term.sign == ":":
        return _state(listing, term)
    column = _column(listing, term.key or "", term)
    if term.sign == ":" and term.value == "-" and not term.quoted:
        return empty(column)
    if not term.value:
        raise UsageRefused(f"'{term}' has no value: write {example(column)}.")
    match column.kind:
        case "text":
            return _text(column, term, made)
        case "choice":
            return _choice(column, term, made)
        case "flag":
            return _flag(column, term)
    return compared(column, term, made, calendar)


def _state(listing: Listing, term: Term) -> str:
    """`is:provisional`, `has:bonus`, `no:experiment`."""
    word = term.value.lower()
    if word == "empty":
        raise UsageRefused(f"'{term}' does not say what is empty: write it like {listing.columns[1].key}:-.")
    column = _column(listing, word, term)
    holds = column.sql if column.kind == "flag" else f"NOT {empty(column)}"
    return f"(NOT ({holds}))" if term.key == "no" else f"({holds})"


def _column(listing: Listing, key: str, term: Term) -> Column:
    for column in listing.columns:
        if column.key == key:
            return column
    raise unknown_column(listing, key, term)


def _text(column: Column, term: Term, made: Condition) -> str:
    if term.sign == ":":
        return containing(term.value, [column], made)
    if term.sign == "=":
        return same(term.value, column, made)
    raise refused(column, term, "compares a text by size")


def _choice(column: Column, term: Term, made: Condition) -> str:
    known = {_plain(choice): choice for choice in column.choices}
    wanted = [_plain(part) for part in term.value.split(",") if part.strip()]
    if term.sign not in (":", "="):
        raise refused(column, term, "compares a word by size")
    if not wanted or not known.keys() >= set(wanted):
        raise UsageRefused(f"'{term}' is no word of {column.title}: write {either_of(list(column.choices))}.")
    return among(column, [known[part] for part in wanted], made)


def _plain(word: str) -> str:
    """`Paid-Conversion`, `paid_conversion` and `paid conversion` are one word."""
    return re.sub(r"[\s_-]+", " ", word).strip().lower()


def _flag(column: Column, term: Term) -> str:
    word = term.value.lower()
    if term.sign not in (":", "=") or word not in (*_YES, *_NO):
        raise refused(column, term, "is neither yes nor no")
    return f"({column.sql})" if word in _YES else f"(NOT {column.sql})"
