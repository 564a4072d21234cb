"""Calls and events before a campaign's first run would belong to no experiment for good: not done in passing."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, select

from capdesk.errors import RuleRefused
from capdesk.models import Experiment, ExperimentRun
from capdesk.models.base import Attribution, ExperimentStatus
from capdesk.services.imports.job import Job
from capdesk.services.plain import utc_stamp


class BeforeFirstRun(RuleRefused):
    """Rows lie before every run of their campaign. `planned` are the experiments that could be started, by id."""

    def __init__(self, message: str, what: str, earliest: datetime, planned: dict[int, str]) -> None:
        super().__init__(message)
        self.what, self.earliest, self.planned = what, earliest, planned


class Coverage:
    """Watches the moments of a file; `refuse` names the earliest one that lies before every run."""

    def __init__(self, job: Job) -> None:
        self._job = job
        query = select(func.min(ExperimentRun.started_at)).where(ExperimentRun.campaign_id == job.home.id)
        self._first: datetime | None = job.session.scalar(query)
        self._earliest: datetime | None = None
        self._count = 0

    def holds(self, moments: Iterable[datetime]) -> bool:
        """Whether all moments seen so far are after the start of the first run, or need not be."""
        if self._job.allow_unattributed:
            return True
        known = list(moments)
        earliest = min(known, default=None)
        if earliest is not None and (self._first is None or earliest < self._first):
            self._count += sum(self._first is None or moment < self._first for moment in known)
            self._earliest = min(earliest, self._earliest or earliest)
        return self._earliest is None

    def refuse(self, what: str) -> None:
        """Raises BeforeFirstRun for what `holds` has found."""
        if self._earliest is None:
            return
        home = self._job.home
        lie = f"{self._count:,} {what} lie" if self._count > 1 else f"1 {what.rstrip('s')} lies"
        before = "which has never run an experiment" if self._first is None else "before its first run"
        where = f'in campaign "{home.name}", {before}' if self._first is None else f'in campaign "{home.name}" {before}'
        stamp = utc_stamp(self._earliest)
        planned = self._planned()
        name = f'"{next(iter(planned.values()))}"' if len(planned) == 1 else "NAME"
        raise BeforeFirstRun(
            f"{lie} {where} (the earliest at {stamp}), and would belong to no experiment for good: back-date its start "
            f"with `capdesk experiment start {name} --at {stamp}`, or import with --allow-unattributed.",
            f"{lie} {where}",
            self._earliest,
            planned,
        )

    def _planned(self) -> dict[int, str]:
        """The experiments that could be started: id and name."""
        query = select(Experiment.id, Experiment.name).where(
            Experiment.campaign_id == self._job.home.id, Experiment.status == ExperimentStatus.PLANNED
        )
        return dict(self._job.session.execute(query.order_by(Experiment.id)).all())


def warn_of_attribution(job: Job, what: str, counts: Mapping[Attribution, int]) -> None:
    """Tells how many of the landed calls or events count for no experiment, and how many name no lead."""
    job.tally.warn(
        job.tally.unknown_leads,
        f"1 {what} names a number that is no lead of this campaign; it landed without a lead.",
        f"{{}} {what}s name a number that is no lead of this campaign; they landed without a lead.",
    )
    job.tally.warn(
        counts.get(Attribution.NO_RUN, 0),
        f"1 {what} lies outside every run of this campaign; it belongs to no experiment.",
        f"{{}} {what}s lie outside every run of this campaign; they belong to no experiment.",
    )
    job.tally.warn(
        counts.get(Attribution.LEAD_EXITED, 0),
        f"1 {what} came after its lead had left; it counts for no experiment.",
        f"{{}} {what}s came after their leads had left; they count for no experiment.",
    )
