"""Texts that match, as conditions for the database. What was typed travels as parameters, never as SQL."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from capdesk.services.listings.model import Column, Via

Find = Callable[[str, Mapping[str, Any]], list[int] | None]
"""The ids a query yields, or None where they are many."""
NEVER = "false"


def _many(_query: str, _values: Mapping[str, Any]) -> None:
    return None


@dataclass
class Condition:
    """SQL with its parameters, built up term by term. `find` asks the database what a word means, where it can."""

    find: Find = _many
    parts: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        name = f"f{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    @property
    def sql(self) -> str:
        return " AND ".join(f"({part})" for part in self.parts) or "true"


def either(parts: Iterable[str]) -> str:
    possible = [part for part in parts if part != NEVER]
    return f"({' OR '.join(possible)})" if possible else NEVER


def among(column: Column, choices: list[str], made: Condition) -> str:
    return f"({column.sql} IN ({', '.join(made.bind(choice) for choice in choices)}))" if choices else NEVER


def containing(value: str, columns: Iterable[Column], made: Condition) -> str:
    """Where one of the texts contains the value, upper or lower case."""
    pattern = made.bind("%" + re.sub(r"([\\%_])", r"\\\1", value) + "%")
    return _texts(columns, lambda sql: f"{sql} ILIKE {pattern}", made)


def same(value: str, column: Column, made: Condition) -> str:
    """Where the text is the value, upper or lower case."""
    typed = made.bind(value)
    return _texts([column], lambda sql: f"lower({sql}) = lower({typed})", made)


def _texts(columns: Iterable[Column], holds: Callable[[str], str], made: Condition) -> str:
    parts: list[str] = []
    shared: dict[Via, list[str]] = {}
    for column in columns:
        if not column.via:
            parts.append(f"({holds(column.sql)})")
        for via in column.via:
            shared.setdefault(Via(via.key, via.source, via.id, ""), []).append(holds(via.sql))
    parts += [_shared(via, " OR ".join(held), made) for via, held in shared.items()]
    return either(parts)


def _shared(via: Via, holds: str, made: Condition) -> str:
    """Rows that share a text are found by the few that hold it: a million rows are compared by number."""
    query = f"SELECT {via.id} FROM {via.source} WHERE {via.id} IS NOT NULL AND ({holds})"  # noqa: S608 - columns' own SQL
    ids = made.find(query, made.values)
    if ids is None:
        return f"({via.key} IN ({query}))"
    return f"({via.key} IN (SELECT unnest(CAST({made.bind(ids)} AS bigint[]))))" if ids else NEVER
