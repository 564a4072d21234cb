"""`import_file`: a file becomes facts in one transaction, with a receipt that adds up."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from capdesk.errors import UsageRefused
from capdesk.models import ImportReject
from capdesk.services import find
from capdesk.services.imports import (
    import_calls,
    import_charges,
    import_events,
    import_leads,
    import_team,
    import_time_logs,
)
from capdesk.services.imports.job import ImportKind, Job, Options, Progress, Request, TableJob
from capdesk.services.imports.profiles import Kind
from capdesk.services.imports.reading import open_source
from capdesk.services.imports.receipt import Receipt, Tally, column_in
from capdesk.services.imports.rejected_rows import place_for, write_rejected
from capdesk.services.imports.rejects import RejectWriter
from capdesk.services.imports.saved_profiles import profile_for

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

LOADERS: Mapping[Kind, Callable[[TableJob], None]] = {
    "leads": import_leads.load,
    "team": import_team.load,
    "timelogs": import_time_logs.load,
    "calls": import_calls.load,
    "events": import_events.load,
}
OF_A_CAMPAIGN = ("leads", "calls", "events")
_PLAIN = Options()
_BLOCK = 10_000


def import_file(
    desk: "Desk",
    kind: ImportKind,
    path: Path,
    *,
    campaign: find.Ref | None = None,
    profile: str | None = None,
    options: Options = _PLAIN,
    progress: Progress = lambda _done, _lines: None,
) -> Receipt:
    """Records a whole file or, where it is refused as a whole, nothing of it. `campaign` is a name or id.

    Raises FileRefused, UsageRefused, NotFound or RuleRefused; a row that cannot be taken is rejected alone.
    """
    request = Request(kind, path, campaign, profile, options, progress)
    match kind:
        case "twilio-usage" | "gcp-billing":
            return _import_charges(desk, request)
        case _:
            return _import_table(desk, request, kind)


def _import_charges(desk: "Desk", request: Request) -> Receipt:
    fitting = Options(dry_run=request.options.dry_run, whole_days=request.options.whole_days)
    if request.campaign or request.profile or request.options != fitting:
        raise UsageRefused(
            f"A {request.kind} file has one form, and its costs reach a campaign by `capdesk map`: leave out every "
            "option but --whole-days, --dry-run, --receipt and --json."
        )
    digest = import_charges.digest(request.path)

    def record(session: Session) -> Receipt:
        job = Job(**_common(session, desk, request, str))
        import_charges.load(job, request.kind, request.path, whole_days=request.options.whole_days)
        return _closed(job, desk, request, digest)

    return desk.write(lambda session: _tried(session, request, record))


def _import_table(desk: "Desk", request: Request, kind: Kind) -> Receipt:
    if request.campaign is None and kind in OF_A_CAMPAIGN:
        raise UsageRefused(f"{kind.capitalize()} belong to a campaign: name it with --campaign.")
    if request.options.whole_days:
        raise UsageRefused("Only cost files (twilio-usage, gcp-billing) state whole days: leave out --whole-days.")
    source = open_source(request.path)
    place = place_for(request.path, request.options)

    def record(session: Session, writer: RejectWriter | None) -> Receipt:
        profile = profile_for(session, kind, source.header, request.profile, request.options)
        job = TableJob(**_common(session, desk, request, column_in(profile)), source=source, profile=profile)
        LOADERS[kind](job)
        receipt = _closed(job, desk, request, source.sha256, place)
        if writer is not None:
            write_rejected(writer, source, receipt.rejects)
        return receipt

    writing: AbstractContextManager[RejectWriter | None] = nullcontext()
    if place is not None:
        writing = RejectWriter(place, source.header, source.delimiter)
    # its file appears once the rows beside the rejected ones are committed, and never without them
    with writing as writer:
        return desk.write(lambda session: _tried(session, request, lambda s: record(s, writer)))


def _tried(session: Session, request: Request, action: Callable[[Session], Receipt]) -> Receipt:
    """A dry run does all of it and takes it back."""
    if not request.options.dry_run:
        return action(session)
    with session.begin_nested() as attempt:
        receipt = action(session)
        attempt.rollback()
    return receipt


def _common(session: Session, desk: "Desk", request: Request, column_of: Callable[[str], str]) -> dict[str, Any]:
    """The fields of a Job."""
    return {
        "session": session,
        "batch": session.scalar(select(func.next_batch())),
        "campaign": None if request.campaign is None else find.campaign(session, request.campaign),
        "now": desk.clock.now(),
        "zone": desk.zone,
        "tally": Tally(column_of),
        "allow_unattributed": request.options.allow_unattributed,
        "progress": request.progress,
    }


def _closed(job: Job, desk: "Desk", request: Request, digest: str, place: Path | None = None) -> Receipt:
    """Records the batch and its rejects. The database refuses a batch that does not add up."""
    tally = job.tally
    job.progress(tally.read, tally.read)  # the last moment at which it can be stopped
    if not tally.read:
        tally.warnings.append("The file has no rows.")
    tally.rejects.sort(key=lambda reject: reject.line)
    table = job if isinstance(job, TableJob) else None
    profile = table.profile.name if table else None
    counts = (tally.read, tally.landed, tally.duplicate, len(tally.rejects))
    job.session.execute(
        select(
            func.record_batch(
                *(job.batch, request.kind, request.path.name, digest, profile, job.campaign and job.campaign.id),
                *(*counts, literal(tally.warnings, JSONB), desk.owner_id),
            )
        )
    )
    _record_rejects(job)
    return Receipt(
        *counts,
        rejects=tally.rejects,
        warnings=tally.warnings,
        kind=request.kind,
        file=str(request.path),
        campaign=job.campaign.name if job.campaign else None,
        profile=profile,
        encoding=table.source.encoding if table else None,
        delimiter=table.source.delimiter if table else None,
        rejects_file=str(place) if place and tally.rejects else None,
        dry_run=request.options.dry_run,
        batch=None if request.options.dry_run else job.batch,
    )


def _record_rejects(job: Job) -> None:
    rejects = job.tally.rejects
    for at in range(0, len(rejects), _BLOCK):
        rows = [
            {"batch_id": job.batch, "line": r.line, "field": r.field or "", "reason": r.reason}
            for r in rejects[at : at + _BLOCK]
        ]
        job.session.execute(insert(ImportReject), rows)
