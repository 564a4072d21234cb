"""The demo's source files, each in its source's own format, in the order in which a desk would import them."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from capdesk.services.demo.billing import billing_rows
from capdesk.services.demo.calling import Call, Event, Lead, calls_of, events_of, leads_of
from capdesk.services.demo.plan import DemoStory
from capdesk.services.demo.spend import Spend, TimeEntry, expected_spend, time_entries
from capdesk.services.demo.story import story as planned
from capdesk.services.demo.usage import usage_answers
from capdesk.services.providers import gcp_billing, twilio_usage

FileKind = Literal["team", "leads", "calls", "events", "timelogs", "twilio-usage", "gcp-billing"]
_OWN_CALLS = ("call_id", "started_at", "duration_s", "outcome", "lead_phone", "agent_email")
_DIALER_CALLS = ("Agent Email", "Phone", "Disposition", "Duration (s)", "Start Time", "Call ID")


@dataclass(frozen=True)
class SourceFile:
    """One file to import; `profile` None leaves the choice to its header, `rows` are its records."""

    kind: FileKind
    path: Path
    campaign: str | None
    profile: str | None
    rows: int


@dataclass(frozen=True)
class DemoFiles:
    """What was written. `imports` are in order and free of faults; `mistakes` is for the tour and is not among them.

    `spend` is what everything comes to once all of it is imported and mapped.
    """

    story: DemoStory
    imports: tuple[SourceFile, ...]
    mistakes: Path
    spend: tuple[Spend, ...]


@dataclass(frozen=True)
class DemoTold:
    """The story told out up to the day before `today`: leads and calls by campaign.

    `usage` and `billing` are what the providers say on the last day's morning, when it has not ended, and what they say
    the morning after, of that day and again of some before.
    """

    today: date
    seed: int
    story: DemoStory
    leads: dict[str, list[Lead]]
    calls: dict[str, list[Call]]
    usage: tuple[list[Any], list[Any]]
    billing: tuple[list[Any], list[Any]]


def told(*, today: date, seed: int, zone: str = "America/New_York") -> DemoTold:
    """The same `today`, seed and zone tell the same story."""
    plan = planned(today, zone)
    leads = {c.key: leads_of(c.key, seed) for c in plan.campaigns}
    calls = {c.key: calls_of(plan, c.key, leads[c.key], seed) for c in plan.campaigns}
    return DemoTold(today, seed, plan, leads, calls, usage_answers(plan, calls), billing_rows(plan, seed))


def write_sources(folder: Path, tale: DemoTold) -> DemoFiles:
    """Write all files into the folder, made if need be; the same tale writes the same bytes."""
    plan, leads, calls, seed = tale.story, tale.leads, tale.calls, tale.seed
    writer = _Writer(folder)
    events = {c.key: events_of(plan, c.key, calls[c.key], seed) for c in plan.campaigns}
    entries = time_entries(plan, seed)
    writer.team(plan)
    for campaign, its_leads in leads.items():
        writer.leads(campaign, its_leads)
    for campaign, its_calls in calls.items():
        writer.calls(campaign, its_calls)
    for campaign, its_events in events.items():
        writer.events(campaign, its_events)
    writer.time_sheets(entries)
    writer.providers(tale.usage, tale.billing)
    mistakes = writer.mistakes(calls["roofers"])
    stated = [s for parse, path in writer.charged() for s in parse(path, today_utc=tale.today).statements]
    return DemoFiles(plan, tuple(writer.written), mistakes, expected_spend(plan, entries, events, stated))


class _Writer:
    """Puts files into a folder and remembers them in order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.written: list[SourceFile] = []

    def team(self, plan: DemoStory) -> None:
        rows = [(m.name, m.email, m.role, f"{m.rate_usd:.2f}") for m in plan.members]
        self._csv("team", "team.csv", ("name", "email", "role", "rate"), rows)

    def leads(self, campaign: str, leads: Iterable[Lead]) -> None:
        rows = [(lead.name, _spaced(lead.phone), lead.email, lead.company, lead.city) for lead in leads]
        header = ("name", "phone", "email", "company", "city")
        self._csv("leads", f"leads-{campaign}.csv", header, rows, campaign)

    def calls(self, campaign: str, calls: Iterable[Call]) -> None:
        """Each campaign's dialer writes in its own way."""
        name = f"calls-{campaign}.csv"
        if campaign == "solar":
            self._csv("calls", name, _DIALER_CALLS, map(_dialer_row, calls), campaign, "dialer")
        elif campaign == "comfort":
            header = (*_OWN_CALLS, "recording", "list")
            self._csv("calls", name, header, [(*_own_row(c), *_extra(c)) for c in calls], campaign)
        else:
            self._csv("calls", name, _OWN_CALLS, map(_own_row, calls), campaign)

    def events(self, campaign: str, events: Iterable[Event]) -> None:
        header = ("event_type", "event_timestamp", "member_email", "lead_phone", "metadata")
        rows = [(e.event_type, _stamp(e.at), e.email, e.lead.phone, json.dumps(e.metadata)) for e in events]
        self._csv("events", f"events-{campaign}.csv", header, rows, campaign)

    def time_sheets(self, entries: Iterable[TimeEntry]) -> None:
        rows = [(entry.member.email, entry.day.isoformat(), str(entry.hours)) for entry in entries]
        self._csv("timelogs", "time-sheets.csv", ("email", "date", "hours"), rows)

    def providers(self, usage: Iterable[list[Any]], billing: Iterable[list[Any]]) -> None:
        """Both first files, then both that restate."""
        for suffix, answers, rows in zip(("", "-restated"), usage, billing, strict=True):
            records = sum(len(answer["usage_records"]) for answer in answers)
            self._text("twilio-usage", f"twilio-usage{suffix}.json", json.dumps(answers, indent=1) + "\n", records)
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            self._text("gcp-billing", f"gcp-billing{suffix}.jsonl", lines, len(rows))

    def charged(self) -> Iterable[tuple[Any, Path]]:
        parsers = {"twilio-usage": twilio_usage.parse, "gcp-billing": gcp_billing.parse}
        return [(parsers[file.kind], file.path) for file in self.written if file.kind in parsers]

    def mistakes(self, calls: Sequence[Call]) -> Path:
        """A small call list as people send it: three good rows and one of each common mistake."""
        good = [list(_own_row(call)) for call in calls[-9:]]
        for number, row in enumerate(good, 1):
            row[0] = f"TOUR-{number:02d}"
        faults = {
            3: (1, good[3][1][:19]),
            4: (2, "3 min"),
            5: (3, "Voicemail"),
            6: (4, "555-0100"),
            7: (5, "zoe@example.org"),
        }
        for index, (column, value) in faults.items():
            good[index][column] = value
        good[8] = good[8][:4]
        path = self.folder / "calls-with-mistakes.csv"
        _write_csv(path, _OWN_CALLS, good)
        return path

    def _csv(
        self,
        kind: FileKind,
        name: str,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        campaign: str | None = None,
        profile: str | None = None,
    ) -> None:
        count = _write_csv(self.folder / name, header, rows)
        self.written.append(SourceFile(kind, self.folder / name, campaign, profile, count))

    def _text(self, kind: FileKind, name: str, content: str, count: int) -> None:
        (self.folder / name).write_text(content, encoding="utf-8", newline="\n")
        self.written.append(SourceFile(kind, self.folder / name, None, None, count))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(listed)
    return len(listed)


def _own_row(call: Call) -> tuple[str, str, str, str, str, str]:
    return (call.call_id, _stamp(call.started_at), str(call.seconds), call.outcome, call.lead.phone, call.email)


def _dialer_row(call: Call) -> tuple[str, str, str, str, str, str]:
    start = _stamp(call.started_at).replace("T", " ")
    return (call.email, _spaced(call.lead.phone), call.outcome, str(call.seconds), start, call.call_id)


def _extra(call: Call) -> tuple[str, str]:
    recording = f"https://dialer.example.com/recordings/{call.call_id}" if call.seconds >= 150 else ""
    return recording, call.lead.city


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _spaced(phone: str) -> str:
    """+12019581234 as people write it: +1 (201) 958-1234."""
    return f"{phone[:2]} ({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
