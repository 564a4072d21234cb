"""How a filter that cannot be understood is answered: the word, and what would be right."""

import difflib

from capdesk.errors import UsageRefused
from capdesk.services.listings.filters import Term
from capdesk.services.listings.model import Column, Listing


def refused(column: Column, term: Term, why: str) -> UsageRefused:
    return UsageRefused(f"'{term}' {why}: write {example(column)}.")


def unknown_column(listing: Listing, key: str, term: Term) -> UsageRefused:
    names = [column.key for column in listing.columns]
    near = difflib.get_close_matches(key, names, n=3, cutoff=0.6)
    near += [one.key for one in listing.columns if key and one.title.lower().startswith(key) and one.key not in near]
    known = near or [column.key for column in listing.columns if column.shown]
    return UsageRefused(
        f"'{term}' names no column of {listing.title}: write {either_of(known)},"
        " or put it in quotes to look for these very words."
    )


def either_of(words: list[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} or {last}" if head else last


def example(column: Column) -> str:
    """What may be written for a column."""
    key = column.key
    match column.kind:
        case "text":
            return f"{key}:word, {key}=word or {key}:-"
        case "choice":
            return f"{key}:{column.choices[0].replace(' ', '-')}"
        case "flag":
            return f"{key}:yes or {key}:no"
        case "date" | "moment":
            return f"{key}:2026-11-20, {key}:2026-W47, {key}:2026-11, {key}>=today or {key}:2026-11-01..2026-11-15"
        case "money":
            return f"{key}:12.50, {key}>10 or {key}:5..20"
    return f"{key}:12, {key}>10 or {key}:5..20"
