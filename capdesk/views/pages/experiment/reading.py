"""What the page shows, read in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from capdesk.bootstrap import Desk
from capdesk.services.campaigns import CampaignRow, list_campaigns
from capdesk.services.experiments import ExperimentRow, show_experiment
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_at
from capdesk.services.reports.funnel import Step, funnel
from capdesk.services.reports.history import History, history, moments
from capdesk.services.reports.model import ExperimentReport

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Figures:
    """An experiment as known at a moment. That never changes again, whatever is recorded later."""

    report: ExperimentReport
    history: History
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Present:
    """An experiment as it is now, and the moments at which something about it was recorded."""

    experiment: ExperimentRow
    campaign: CampaignRow
    figures: Figures
    moments: tuple[datetime, ...]


def read_present(desk: Desk, experiment_id: int) -> Present:
    """Raises NotFound."""
    as_of = resolve_as_of(desk)

    def read(session: "Session") -> Present:
        row = show_experiment(session, experiment_id).experiment
        campaign = next(one for one in list_campaigns(session) if one.id == row.campaign_id)
        figures = _figures(desk, session, experiment_id, as_of)
        return Present(row, campaign, figures, moments(session, experiment_id, as_of, desk.zone))

    return desk.read(read)


def read_figures(desk: Desk, experiment_id: int, as_of: datetime) -> Figures:
    """As known at one of the moments of the present."""
    return desk.read(lambda session: _figures(desk, session, experiment_id, as_of))


def _figures(desk: Desk, session: "Session", experiment_id: int, as_of: datetime) -> Figures:
    report = experiment_at(session, experiment_id, as_of, desk.zone)
    return Figures(report, history(session, experiment_id, as_of, desk.zone), funnel(report.events))
