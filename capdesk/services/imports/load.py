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
from capdesk.services.imports.reading import Source, open_source
from capdesk.services.imports.receipt import Receipt, Tally, column_in
from capdesk.services.imports.rejected_rows import place_for, write_rejected
from capdesk.services.imports.rejects import RejectWriter
from capdesk.services.imports.saved_profiles import profile_for

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_LOADERS: Mapping[Kind, Callable[[TableJob], None]] = {
    "leads": import_leads.load,
    "team": import_team.load,
    "timelogs": import_time_logs.load,
    "calls": import_calls.load,
    "events": import_events.load,
}
_OF_A_CAMPAIGN = ("leads", "calls", "events")
_PLAIN = Options()
_BLOCK = 10_000


def import_file(
    desk: "Desk",
    kind: ImportKind,
    path: Path,
    *,
    campaign: str | None = None,
    profile: str | None = None,
    options: Options = _PLAIN,
    progress: Progress = lambda _done, _lines: None,
) -> Receipt:
    """Records a whole file or, where it is refused as a whole, nothing of it. `campaign` is a name or id.

    Raises FileRefused, UsageRefused, NotFound or RuleRefused; a row that cannot be taken is rejected alone.
    """
    request = Request(kind, path, campaign, profile, options, progress)
    if kind == "twilio-usage" or kind == "gcp-billing":
        return _import_charges(desk, request)
    return _import_table(desk, request, kind)


def _import_charges(desk: "Desk", request: Request) -> Receipt:
    if request.campaign or request.profile or request.options != Options(dry_run=request.options.dry_run):
        raise UsageRefused(
            f"A {request.kind} file has one form, and its costs reach a campaign by `capdesk map`: leave out every "
            "option but --dry-run, --receipt and --json."
        )
    digest = import_charges.digest(request.path)

    def record(session: Session) -> Receipt:
        job = Job(**_common(session, desk, request, str))
        import_charges.load(job, request.kind, request.path)
        return _closed(job, desk, request, digest)

    return desk.write(lambda session: _tried(session, request, record))


def _import_table(desk: "Desk", request: Request, kind: Kind) -> Receipt:
    if request.campaign is None and kind in _OF_A_CAMPAIGN:
        raise UsageRefused(f"{kind.capitalize()} belong to a campaign: name it with --campaign.")
    source = open_source(request.path)
    place = place_for(request.path, request.options)

    def record(session: Session, writer: RejectWriter | None) -> Receipt:
        profile = profile_for(session, kind, source.header, request.profile, request.options)
        job = TableJob(**_common(session, desk, request, column_in(profile)), source=source, profile=profile)
        _LOADERS[kind](job)
        receipt = _closed(job, desk, request, source.sha256, source, profile.name, place)
        if writer is not None:
            write_rejected(writer, source, receipt.rejects)
        return receipt

    writing: AbstractContextManager[RejectWriter | None] = nullcontext()
    if place is not None:
        writing = RejectWriter(place, source.header, source.delimiter)
    # its file appears once the rows beside the rejected ones are committed, and never without them
    with writing as writer:
        return desk.write(lambda session: _tried(session, request, lambda s: record(s, writer)))
