"""Finding records by a few letters of a name, by number or, for leads, by any way of writing the phone number."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.services import find

_LONGEST = 100
_FEWEST_DIGITS = 4
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Found:
    """A record and where it is shown: a page with its id, or a list filtered down to it."""

    kind: str
    id: int
    title: str
    subtitle: str
    page: str
    filter: str = ""


@dataclass(frozen=True)
class _Source:
    """Where records of a kind come from: `sql` gives id, title, subtitle; `fits` says which of them are meant."""

    kind: str
    page: str
    sql: str
    fits: str
    listed: bool = False
    """Whether it has no page of its own and is found in its list."""


_SOURCES = (
    _Source(
        "experiment",
        "experiment",
        "SELECT e.id, e.name AS title, e.status::text || ' · ' || c.name AS subtitle"
        " FROM experiment e JOIN campaign c ON c.id = e.campaign_id",
        "title || ' ' || subtitle ILIKE ALL (:patterns)",
    ),
    _Source(
        "campaign",
        "campaign",
        "SELECT c.id, c.name AS title, c.status::text || ' · ' || p.name AS subtitle"
        " FROM campaign c JOIN product p ON p.id = c.product_id",
        "title || ' ' || subtitle ILIKE ALL (:patterns)",
    ),
    _Source(
        "evaluation",
        "evaluation",
        "SELECT v.id, e.name || ': ' || v.verdict::text AS title, v.reason AS subtitle"
        " FROM evaluation v JOIN experiment e ON e.id = v.experiment_id",
        "title || ' ' || subtitle ILIKE ALL (:patterns)",
    ),
    _Source(
        "team member",
        "team",
        "SELECT id, name AS title, email || CASE WHEN active THEN '' ELSE ' · left' END AS subtitle FROM team_member",
        "title || ' ' || subtitle ILIKE ALL (:patterns)",
        listed=True,
    ),
    _Source(
        "import",
        "imports",
        "SELECT id, file_name AS title, kind || ' · ' || landed || ' landed' AS subtitle"
        " FROM import_batch WHERE file_name IS NOT NULL",
        "title ILIKE ALL (:patterns)",
        listed=True,
    ),
    _Source(
        "lead",
        "leads",
        "SELECT l.id, coalesce(k.name, k.phone, 'Lead ' || l.id) AS title, l.phone_key, k.name, k.email, k.phone,"
        " concat_ws(' · ', CASE WHEN k.name IS NOT NULL THEN k.phone END, c.name) AS subtitle"
        " FROM lead l JOIN campaign c ON c.id = l.campaign_id LEFT JOIN lead_contact k ON k.lead_id = l.id",
        "name ILIKE ALL (:patterns) OR email ILIKE ALL (:patterns)"
        " OR phone_key = CAST(:phone_key AS uuid) OR phone LIKE :digits",
        listed=True,
    ),
)


def search(session: Session, text: str, limit: int) -> list[Found]:
    """At most `limit` records, the best first; nothing for an empty text.

    A record fits if every word stands in it, or if the text is its number. What begins so comes before what holds it.
    """
    asked = text.strip()[:_LONGEST]
    if not asked or "\0" in asked:
        return []
    values = _values(session, asked) | {"limit": limit}
    found = [
        (row.rank, order, source, row)
        for order, source in enumerate(_SOURCES)
        for row in session.execute(_query(source), values)
    ]
    found.sort(key=lambda one: one[:2])
    return [_found(source, row) for _rank, _order, source, row in found[:limit]]


_RANKED = """
SELECT id, title, subtitle, CASE WHEN id = :number OR lower(title) = :exact THEN 0
                                 WHEN title ILIKE :start THEN 1 WHEN title ILIKE :word THEN 2 ELSE 3 END AS rank
FROM ({sql}) one WHERE id = :number OR {fits} ORDER BY rank, id DESC LIMIT :limit
"""


def _query(source: _Source) -> Any:
    return text(_RANKED.format(sql=source.sql, fits=source.fits))


def _values(session: Session, asked: str) -> dict[str, Any]:
    digits = re.sub(r"\D", "", asked)
    a_number = len(digits) >= _FEWEST_DIGITS and not re.search(r"[^\d\s+().#-]", asked)
    number = asked.removeprefix("#")
    escaped = _escaped(asked)
    return {
        "patterns": [f"%{_escaped(word)}%" for word in asked.split()],
        "exact": asked.lower(),
        "start": f"{escaped}%",
        "word": f"% {escaped}%",
        "number": int(number) if number.isascii() and number.isdigit() and int(number) <= _LARGEST_ID else None,
        "digits": f"%{digits}%" if a_number else None,
        "phone_key": _phone_key(session, asked) if a_number else None,
    }


def _phone_key(session: Session, asked: str) -> str | None:
    try:
        return str(find.phone_book(session).look_up(asked)[1])
    except UsageRefused:
        return None


def _escaped(words: str) -> str:
    """For LIKE, in which three characters mean more than themselves."""
    return re.sub(r"([\\%_])", r"\\\1", words)


def _found(source: _Source, row: Any) -> Found:
    where = f"id:{row.id}" if source.listed else ""
    return Found(source.kind, row.id, _line(row.title), _line(row.subtitle), source.page, where)


def _line(words: str | None) -> str:
    return " ".join((words or "").split())[:200]
