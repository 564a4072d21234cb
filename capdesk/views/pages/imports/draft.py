"""What was chosen for an import so far. Every step reads and writes it, so that going back loses nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from capdesk.bootstrap import Desk
from capdesk.services import find
from capdesk.services.imports.detect import Fit, Looked
from capdesk.services.imports.job import ImportKind, Options
from capdesk.services.imports.load import OF_A_CAMPAIGN, import_file
from capdesk.services.imports.profiles import BUILT_IN, Kind
from capdesk.services.imports.reading import Source
from capdesk.services.imports.receipt import Receipt
from capdesk.views.jobs import Report

KINDS: tuple[tuple[ImportKind, str], ...] = (
    ("calls", "Calls of a dialer"),
    ("events", "Events: installs and paid conversions"),
    ("leads", "Leads"),
    ("team", "Team members"),
    ("timelogs", "Hours worked"),
    ("twilio-usage", "Twilio usage (costs)"),
    ("gcp-billing", "Google Cloud billing export (costs)"),
)
COST_KINDS = ("twilio-usage", "gcp-billing")
FIELD_WORDS: Mapping[str, str] = {
    "started_at": "Start",
    "duration_s": "Duration",
    "outcome": "Outcome",
    "lead_phone": "Lead's phone",
    "agent_email": "Agent's e-mail",
    "call_id": "Call id",
    "caller_phone": "Caller's phone",
    "direction": "Direction",
    "event_type": "Event type",
    "event_timestamp": "Time",
    "member_email": "Member's e-mail",
    "event_id": "Event id",
    "metadata": "Metadata",
    "email": "Email",
    "date": "Date",
    "hours": "Hours",
    "entry_id": "Entry id",
    "name": "Name",
    "phone": "Phone",
    "role": "Role",
    "rate": "Rate",
    "usage_date": "Usage day",
    "account": "Account",
    "amount_usd": "Cost",
    "project": "Project",
    "service": "Service",
    "label": "Label",
}
DELIMITER_WORDS: Mapping[str | None, str] = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar",
    None: "JSON lines",
}


@dataclass
class Draft:
    """One import that is being prepared. `mapping` and `outcomes` hold only what differs from the profile."""

    looked: Looked
    kind: ImportKind | None = None
    campaign: find.Ref | None = None
    profile: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    save_as: str = ""
    allow_unattributed: bool = False
    whole_days: bool = False

    @property
    def path(self) -> Path:
        return self.looked.path

    @property
    def is_cost(self) -> bool:
        return self.kind in COST_KINDS

    @property
    def table_kind(self) -> Kind:
        """The kind, of a file with columns."""
        return cast(Kind, self.chosen_kind)

    @property
    def table(self) -> Source:
        """The file, where it has columns."""
        if self.looked.source is None:
            raise AssertionError("a cost file has no columns")
        return self.looked.source

    @property
    def chosen_kind(self) -> ImportKind:
        """The kind, once there is one."""
        if self.kind is None:
            raise AssertionError("no kind is chosen")
        return self.kind

    @property
    def needs_campaign(self) -> bool:
        return self.kind in OF_A_CAMPAIGN

    @property
    def fit(self) -> Fit | None:
        """How the chosen profile, or the best one, goes with the file."""
        of_kind = self.looked.profiles(self.kind or "")
        return next((fit for fit in of_kind if fit.profile == self.profile), self.looked.best(self.kind or ""))

    def columns(self) -> dict[str, str]:
        """The column of each field, as it is now."""
        found = {} if self.fit is None else dict(self.fit.columns)
        found.update(self.mapping)
        return {name: column for name, column in found.items() if column}

    def fields(self) -> tuple[tuple[str, bool], ...]:
        """The fields that can be mapped, and whether each is needed."""
        return () if self.fit is None else self.fit.fields

    def map(self, name: str, column: str) -> None:
        """Says which column carries a field, "" for none."""
        own = {} if self.fit is None else self.fit.columns
        if own.get(name, "") == column:
            self.mapping.pop(name, None)
        else:
            self.mapping[name] = column

    def options(self, *, dry_run: bool = False) -> Options:
        if self.is_cost:
            return Options(dry_run=dry_run, whole_days=self.whole_days)
        kept = bool(self.save_as)
        return Options(
            mapping={**self.columns(), **self.mapping} if kept else dict(self.mapping),
            outcomes=dict(self.outcomes),
            save_as=self.save_as or None,
            dry_run=dry_run,
            allow_unattributed=self.allow_unattributed,
        )

    def state(self) -> tuple[object, ...]:
        """Equal as long as nothing was chosen otherwise and the file is the same."""
        chosen = (tuple(sorted(self.mapping.items())), tuple(sorted(self.outcomes.items())), self.save_as)
        ways = (self.allow_unattributed, self.whole_days)
        return (self.path, _stamp(self.path), self.kind, self.campaign, self.profile, chosen, ways)

    def run(self, desk: Desk, report: Report, *, dry_run: bool = False, path: Path | None = None) -> Receipt:
        """Imports the file, or tries to; in a worker."""
        return import_file(
            desk,
            self.chosen_kind,
            path or self.path,
            campaign=None if self.is_cost else self.campaign,
            profile=None if self.is_cost else self._profile_name(),
            options=self.options(dry_run=dry_run),
            progress=report,
        )

    def _profile_name(self) -> str | None:
        return self.profile or (self.fit.profile if self.fit else None)

    def to_plain(self) -> dict[str, Any]:
        """What is remembered of it, to import its rejected rows the same way later."""
        return {
            "kind": self.kind,
            "campaign": self.campaign,
            "profile": self._profile_name(),
            "mapping": self.mapping,
            "outcomes": self.outcomes,
            "allow_unattributed": self.allow_unattributed,
        }


def _stamp(path: Path) -> tuple[int, int] | None:
    """Tells a file that was written again; None where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def is_built_in(name: str, kind: str) -> bool:
    return any(one.name == name and one.kind == kind for one in BUILT_IN)
