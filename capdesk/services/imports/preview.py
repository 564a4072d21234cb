"""The first rows of a file, imported with the chosen mapping and taken back: what each would become, and why.

The rows go through the parsers and the recording functions of a real import; there is no second reading of a value.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from capdesk.errors import CapdeskError
from capdesk.models import Desk as DeskRow
from capdesk.services import find
from capdesk.services.database.session import transaction
from capdesk.services.imports.job import Options, TableJob
from capdesk.services.imports.load import LOADERS, OF_A_CAMPAIGN
from capdesk.services.imports.parse_calls import parse_calls
from capdesk.services.imports.parse_events import parse_events
from capdesk.services.imports.parse_leads import parse_leads
from capdesk.services.imports.parse_team import parse_team
from capdesk.services.imports.parse_time_logs import parse_time_logs
from capdesk.services.imports.profiles import Kind
from capdesk.services.imports.reading import Source
from capdesk.services.imports.receipt import Tally, column_in
from capdesk.services.imports.record import Record, Reject
from capdesk.services.imports.saved_profiles import profile_for
from capdesk.services.providers import gcp_billing, twilio_usage

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

ROWS = 50
COST_FILE_LIMIT = 16 << 20
"""Bytes of a provider's file that is shown before it is imported: it can only be read as a whole."""

_TITLES: Mapping[Kind, tuple[str, ...]] = {
    "calls": ("started_at", "duration_s", "outcome", "lead_phone", "agent_email", "call_id"),
    "events": ("event_type", "event_timestamp", "lead_phone", "member_email", "event_id"),
    "timelogs": ("email", "date", "hours", "entry_id"),
    "leads": ("name", "phone", "email"),
    "team": ("name", "email", "role", "rate"),
}


@dataclass(frozen=True)
class PreviewRow:
    """A row as it would be recorded, or as it stands in the file with the column at fault and the reason."""

    line: int
    values: tuple[str, ...]
    field: str | None = None
    reason: str = ""

    @property
    def taken(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Preview:
    """`refused` is why the file would be refused as a whole, "" where it would not. `known` rows are duplicates."""

    titles: tuple[str, ...]
    rows: tuple[PreviewRow, ...] = ()
    refused: str = ""
    known: int = 0

    @property
    def rejected(self) -> int:
        return sum(not row.taken for row in self.rows)


def preview(
    desk: "Desk", source: Source, kind: Kind, *, campaign: find.Ref | None, profile: str | None, options: Options
) -> Preview:
    """The first rows with this mapping. Without the campaign a kind needs, only their values are looked at."""
    head = _Head(*(getattr(source, field.name) for field in fields(source)))
    options = replace(options, save_as=None)

    def attempt(session: Session) -> Preview:
        with session.begin_nested() as taken_back:
            found = _tried(session, desk, head, kind, (campaign, profile, options))
            taken_back.rollback()
        return found

    try:
        # not a reading, for the ledger's functions want to see each other's commits; and nothing is changed
        return transaction(desk.engine, attempt)
    except CapdeskError as refusal:
        return Preview(_TITLES[kind], refused=str(refusal))


def preview_costs(desk: "Desk", kind: str, path: Path) -> Preview:
    """The statements a provider's file makes. Raises FileRefused for a file that is something else."""
    titles: tuple[str, ...] = ("usage_date", "account", "amount_usd")
    if path.stat().st_size > COST_FILE_LIMIT:
        return Preview(titles)
    today = desk.clock.now().date()  # of UTC, as the providers' days are
    if kind == "twilio-usage":
        found = twilio_usage.parse(path, today_utc=today)
    else:
        key = desk.read(lambda session: session.scalars(select(DeskRow.gcp_label_key)).one())
        found = gcp_billing.parse(path, today_utc=today, label_key=key)
        titles = ("usage_date", "project", "service", "label", "amount_usd")
    rows = [PreviewRow(one.line, ("",) * len(titles), one.field, one.reason) for one in found.rejects[:ROWS]]
    for one in found.statements[: ROWS - len(rows)]:
        texts = tuple("" if getattr(one, name) is None else str(getattr(one, name)) for name in titles)
        rows.append(PreviewRow(one.first_line, texts))
    return Preview(titles, tuple(sorted(rows, key=lambda row: row.line)))


class _Head(Source):
    """A source that ends after the first rows."""

    def records(self) -> Iterator[Record | Reject]:
        whole = super().records()
        with closing(whole):  # type: ignore[type-var]
            yield from islice(whole, ROWS)


def _tried(
    session: Session, desk: "Desk", head: Source, kind: Kind, asked: tuple[find.Ref | None, str | None, Options]
) -> Preview:
    campaign, wanted, options = asked
    profile = profile_for(session, kind, head.header, wanted, options)
    job = TableJob(
        session=session,
        batch=session.scalar(select(func.next_batch())) or 0,
        campaign=None if campaign is None else find.campaign(session, campaign),
        now=desk.clock.now(),
        zone=desk.zone,
        tally=Tally(column_in(profile)),
        allow_unattributed=options.allow_unattributed,
        progress=lambda _done, _lines: None,
        source=head,
        profile=profile,
    )
    rows = list(_rows(job, kind))
    refused = ""
    if job.campaign is not None or kind not in OF_A_CAMPAIGN:
        try:
            LOADERS[kind](job)
        except CapdeskError as refusal:
            refused = str(refusal)
    reasons = {reject.line: reject for reject in job.tally.rejects}
    judged = tuple(
        replace(row, field=reasons[row.line].field, reason=reasons[row.line].reason) if row.line in reasons else row
        for row in rows
    )
    return Preview(_TITLES[kind], judged, refused, job.tally.duplicate)


def _rows(job: TableJob, kind: Kind) -> Iterator[PreviewRow]:
    """Each of the first rows, with its canonical values where it has them."""
    emails = {number: email for email, number in job.members().items()}
    places = [job.profile.position(name) for name in _TITLES[kind]]
    texts = _texts(kind, emails, job.zone)
    for item in _parsed(job, kind):
        if isinstance(item, Reject):
            yield PreviewRow(item.line, _as_written(item, places), item.field, item.reason)
        else:
            yield PreviewRow(item[0], texts(item))


def _parsed(job: TableJob, kind: Kind) -> Iterable[Any]:
    records, profile = job.source.records(), job.profile
    match kind:
        case "calls":
            return parse_calls(
                records, profile, members=job.members(), phones=find.phone_book(job.session), now=job.now
            )
        case "events":
            return parse_events(
                records, profile, members=job.members(), phones=find.phone_book(job.session), now=job.now
            )
        case "timelogs":
            return parse_time_logs(records, profile, members=job.members(), today=job.today)
        case "leads":
            return parse_leads(records, profile, phones=find.phone_book(job.session))
        case "team":
            return parse_team(records, profile)


def _texts(kind: Kind, emails: Mapping[int, str], zone: ZoneInfo) -> Callable[[Sequence[Any]], tuple[str, ...]]:
    """How a parsed row reads, in the order of the titles."""
    places: Mapping[Kind, tuple[int, ...]] = {
        "calls": (2, 3, 4, 6, 7, 1),
        "events": (2, 3, 5, 6, 1),
        "timelogs": (2, 3, 4, 1),
        "leads": (1, 3, 4),
        "team": (1, 2, 3, 4),
    }
    members: Mapping[Kind, int] = {"calls": 7, "events": 6, "timelogs": 2}

    def text(row: Sequence[Any], at: int) -> str:
        value = row[at]
        if value is None:
            return ""
        if at == members.get(kind):
            return emails[value]
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else str(value)

    return lambda row: tuple(text(row, at) for at in places[kind])


def _as_written(reject: Reject, places: Sequence[int | None]) -> tuple[str, ...]:
    raw = reject.raw
    if isinstance(raw, str) or len(raw) <= max((at for at in places if at is not None), default=0):
        return (raw if isinstance(raw, str) else " ".join(raw), *("" for _ in places[1:]))
    return tuple("" if at is None else raw[at] for at in places)
