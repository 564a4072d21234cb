"""Explicit events: installs and paid conversions."""

from collections.abc import Iterator

from sqlalchemy import func, select

from capdesk.models import ExplicitEvent, staged_event
from capdesk.services import find
from capdesk.services.imports.coverage import Coverage, warn_of_attribution
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.parse_events import EventRow, parse_events
from capdesk.services.imports.staging import numbered, record, stage


def load(job: TableJob) -> None:
    """Records the file. Raises RuleRefused where events lie before the campaign's first run."""
    parsed = parse_events(
        job.source.records(), job.profile, members=job.members(), phones=find.phone_book(job.session), now=job.now
    )
    coverage = Coverage(job)
    stage(job.session, staged_event, numbered(job, _watched(job.tally.rows(parsed), coverage)))
    coverage.refuse("events")
    job.tally.answered(record(job.session, "record_events", job.batch, job.home.id, False))
    query = (
        select(ExplicitEvent.attribution, func.count())
        .where(ExplicitEvent.batch_id == job.batch)
        .group_by(ExplicitEvent.attribution)
    )
    warn_of_attribution(job, "event", dict(job.session.execute(query).all()))


def _watched(rows: Iterator[EventRow], coverage: Coverage) -> Iterator[EventRow]:
    for row in rows:
        coverage.holds((row[3],))
        yield row
