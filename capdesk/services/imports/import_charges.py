"""What providers charged, from the files their APIs return: each day stated in full, the difference recorded."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from capdesk.errors import FileRefused
from capdesk.models import Desk, staged_charge
from capdesk.services.imports.job import Job
from capdesk.services.imports.jsontext import dump_json
from capdesk.services.imports.receipt import Rejected
from capdesk.services.imports.staging import record, stage
from capdesk.services.providers import gcp_billing, twilio_usage
from capdesk.services.providers.charges import ChargeFile, Statement


def load(job: Job, kind: str, path: Path, *, whole_days: bool) -> None:
    """Records the file's statements; a record counts as its statement does.

    That the file does not name a grain says nothing, for it may have been cut, unless it states `whole_days`. Raises
    FileRefused where it cannot do that, because a record of it was rejected.
    """
    found = _parsed(job, kind, path)
    if whole_days and found.rejects:
        raise FileRefused(
            f"'{path}' does not state whole days: {len(found.rejects)} of its records cannot be taken;"
            " correct them, or import it without --whole-days."
        )
    tally = job.tally
    tally.read = found.read
    tally.rejects += [Rejected(reject.line, reject.field or None, reject.reason) for reject in found.rejects]
    tally.warnings += found.warnings
    stage(job.session, staged_charge, _rows(job.batch, found))
    sizes = {statement.first_line: statement.records for statement in found.statements}
    for line, *_ in record(job.session, "record_charges", job.batch, whole_days):
        tally.duplicate += sizes[line or 0]


def digest(path: Path) -> str:
    """SHA-256 of the file, in hex. Raises FileRefused for what cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as fault:
        raise FileRefused(f"'{path}' cannot be read ({fault.strerror}); check its name and permissions.") from None


def _parsed(job: Job, kind: str, path: Path) -> ChargeFile:
    today = job.now.date()  # of UTC, as the providers' days are
    if kind == "twilio-usage":
        return twilio_usage.parse(path, today_utc=today)
    return gcp_billing.parse(path, today_utc=today, label_key=job.session.scalars(select(Desk.gcp_label_key)).one())


def _rows(batch: int, found: ChargeFile) -> Iterator[tuple[object, ...]]:
    for s in found.statements:
        yield (
            *(batch, s.first_line, s.provider, s.account, s.usage_date, s.project, s.service, s.sku, s.label),
            *(s.invoice_month, s.cost_type, s.amount_usd, _breakdown(s)),
        )


def _breakdown(statement: Statement) -> str | None:
    return dump_json(dict(statement.breakdown)) if statement.breakdown else None
