"""Where each experiment that is under way stands, for alerts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.reports.as_of import View
from capdesk.services.reports.experiments_at import evaluations_at, experiments_at
from capdesk.services.reports.figures import spent
from capdesk.services.signals import Caps, caps_in_force


@dataclass(frozen=True)
class ExperimentStanding:
    """A running or paused experiment at a moment: the caps in force and what is used of them."""

    experiment_id: int
    experiment: str
    campaign: str
    status: str
    caps: Caps
    spent_usd: Decimal
    used_days: int | None


def standings(session: Session, as_of: datetime) -> tuple[ExperimentStanding, ...]:
    """Every experiment that runs or is paused at the moment, from facts recorded up to it, by campaign."""
    view = View.at(as_of)
    zone = ZoneInfo(str(session.scalar(text("SELECT desk_zone()"))))
    under_way = [one for one in experiments_at(session, view) if one.status in ("running", "paused")]
    ids = [one.id for one in under_way]
    amounts, past = spent(session, view, ids), evaluations_at(session, view, ids)
    return tuple(
        ExperimentStanding(
            one.id,
            one.name,
            one.campaign,
            one.status,
            caps_in_force(one.rules, past[one.id]),
            amounts[one.id],
            one.used_days(view, zone),
        )
        for one in under_way
    )
