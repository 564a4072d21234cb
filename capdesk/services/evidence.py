"""What lies before a verdict: whose turn it is, which figures moved meanwhile; and afterwards, which seal covers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.money import dollars
from capdesk.services.reports.as_of import View
from capdesk.services.reports.experiments_at import assess, evaluations_at, experiments_at
from capdesk.services.reports.figures import spent
from capdesk.services.reports.model import Reason
from capdesk.services.signals import Caps
from capdesk.services.signals.values import ENDED

_SEAL = text("""
SELECT s.id, s.recorded_at, encode(s.hash, 'hex')
FROM seal_block b JOIN seal s ON s.id = b.seal_id
WHERE b.table_name = 'evaluation' AND :id BETWEEN b.first_id AND b.last_id
""")


@dataclass(frozen=True)
class Candidate:
    """An experiment that a verdict can be passed on; with `reasons` an evaluation is recommended."""

    experiment_id: int
    experiment: str
    campaign: str
    status: str
    caps: Caps
    spent_usd: Decimal
    used_days: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Seal:
    """The seal that covers a row; its hash stands in the weekly emails from then on, chained."""

    id: int
    recorded_at: datetime
    hash: str


@dataclass(frozen=True)
class Moved:
    """A figure that is another one than before. Both as people read them; "—" where there was none."""

    name: str
    before: str
    after: str


def candidates(session: Session, as_of: datetime, zone: ZoneInfo) -> tuple[Candidate, ...]:
    """Those with a reason first, then what else runs or is paused. What ended and was judged is left out."""
    view = View.at(as_of)
    started = [one for one in experiments_at(session, view) if one.status != "planned" and one.first_start is not None]
    ids = [one.id for one in started]
    amounts, past = spent(session, view, ids), evaluations_at(session, view, ids)
    found = []
    for one in started:
        now = assess(one, amounts[one.id], past[one.id], view, zone)
        if now.reasons or one.status not in ENDED:
            figures = (now.caps, now.spent_usd, now.used_days, now.reasons)
            found.append(Candidate(one.id, one.name, one.campaign, one.status, *figures))
    return tuple(sorted(found, key=lambda one: (not one.reasons, one.campaign, one.experiment, one.experiment_id)))


def seal_of(session: Session, evaluation_id: int) -> Seal | None:
    """None until it is sealed, which happens a moment after it was recorded."""
    row = session.execute(_SEAL, {"id": evaluation_id}).one_or_none()
    return None if row is None else Seal(*row)


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Moved, ...]:
    """The figures of two snapshots that differ, in the order of the snapshot; `as_of` is none."""
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        Moved(_spoken(name), _figure(name, old.get(name)), _figure(name, new.get(name)))
        for name in names
        if name != "as_of" and old.get(name) != new.get(name)
    )


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        inner = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(str(number), one) for number, one in enumerate(value, 1)]
    else:
        return [(path, value)]
    return [leaf for name, one in inner for leaf in _leaves(f"{path}/{name}" if path else name, one)]


def _spoken(path: str) -> str:
    """`tranches/rows/2/spent_usd` as `tranche 2: spent`."""
    words = path.replace("capital/by_source/", "spent on ").replace("tranches/rows/", "tranche ")
    words = words.replace("tranches/", "tranches ").replace("experiment/", "").replace("events/", "")
    words = words.replace("caps_before/", "in force ").replace("reasons/", "reason ")
    head, _, rest = words.replace("capital/", "").replace("time/", "").rpartition("/")
    return f"{head}{': ' if head else ''}{rest}".replace("_usd", "").replace("_", " ")


def _figure(path: str, value: Any) -> str:
    if value is None:
        return "—"
    if path.endswith("_usd") or path.startswith("capital/by_source/"):
        return dollars(Decimal(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
