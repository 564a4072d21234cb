"""The fingerprint: what the schema, its rules and its roles are, so that a weakened protection is noticed.

Each object of the catalogue gets one line, `kind name hash`. The lines this program expects are shipped beside it
(`fingerprint.txt`); they are the same for every database name, server and Postgres from 16 on. What a fingerprint
cannot see is a change undone before it is looked at: that is what seals are for.
"""

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import text

from capdesk.errors import DatabaseUnavailable
from capdesk.models.base import SCHEMA
from capdesk.services.database.session import APP_ROLE, OWNER_ROLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TextClause

EXPECTED_FILE = "fingerprint.txt"
_HASH_DIGITS = 16


def lines(connection: "Connection") -> list[str]:
    """One line for each object, sorted. Reads the catalogue only; any role may."""
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": f"{SCHEMA}, pg_temp"})
    found = connection.execute(_objects(), {"schema": SCHEMA, "owner": OWNER_ROLE, "app": APP_ROLE})
    return sorted(f"{kind} {name} {_hash(definition)}" for kind, name, definition in found)


def fingerprint(connection: "Connection") -> str:
    """sha256 over all lines, in hex."""
    return hashlib.sha256("\n".join(lines(connection)).encode()).hexdigest()


@cache
def expected_lines() -> tuple[str, ...]:
    return tuple(_shipped(EXPECTED_FILE).splitlines())


def differences(connection: "Connection") -> list[tuple[str, str]]:
    """What is not as shipped: the object and how, like `trigger call.refuse_change`, `differs`."""
    expected, found = _by_object(expected_lines()), _by_object(lines(connection))
    words = []
    for name in sorted({*expected, *found}):
        if name not in found:
            words.append((name, "is missing"))
        elif name not in expected:
            words.append((name, "does not belong there"))
        elif expected[name] != found[name]:
            words.append((name, "differs"))
    return words


def require_expected(engine: "Engine") -> None:
    """Raises DatabaseUnavailable where the schema is not as shipped: then nothing may be written or sent."""
    with engine.connect() as connection:
        found = differences(connection)
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise DatabaseUnavailable(
            f"The database is not as capdesk made it ({' '.join(found[0])}{more}), so nothing is written or sent: "
            "see `capdesk doctor`."
        )


@cache
def _objects() -> "TextClause":
    return text(_shipped("fingerprint.sql"))


def _shipped(name: str) -> str:
    return (resources.files("capdesk.services.database") / name).read_text(encoding="utf-8")


def _by_object(listed: "list[str] | tuple[str, ...]") -> dict[str, str]:
    return {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in listed}


def _hash(definition: str) -> str:
    return hashlib.sha256(definition.encode()).hexdigest()[:_HASH_DIGITS]
