"""What every kind of import is given, and the options a person has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk.models import Campaign, TeamMember
from capdesk.services import find
from capdesk.services.dates import business_date
from capdesk.services.imports.profiles import Profile
from capdesk.services.imports.reading import Source
from capdesk.services.imports.receipt import Tally

ImportKind = Literal["leads", "team", "timelogs", "calls", "events", "twilio-usage", "gcp-billing"]
Progress = Callable[[int, int], None]
"""Told (rows done, lines in all) now and then."""


@dataclass(frozen=True)
class Options:
    """How a file is imported. `mapping` (field -> column, "" for none) and `outcomes` (the file's word -> canonical
    outcome) go before the profile's own; `save_as` keeps them as a profile of that name. `rejects` is where rejected
    rows go; None: beside the file. With `whole_days` a cost file states its days in full: what it no longer names is
    taken back.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    save_as: str | None = None
    dry_run: bool = False
    rejects: Path | None = None
    allow_unattributed: bool = False
    whole_days: bool = False


@dataclass(frozen=True)
class Request:
    """One file to import, as a person asked for it. `campaign` is a name or id."""

    kind: ImportKind
    path: Path
    campaign: find.Ref | None
    profile: str | None
    options: Options
    progress: Progress


@dataclass(frozen=True)
class Job:
    """One file being recorded within one transaction; `batch` is its number."""

    session: Session
    batch: int
    campaign: Campaign | None
    now: datetime
    zone: ZoneInfo
    tally: Tally
    allow_unattributed: bool
    progress: Progress

    @property
    def home(self) -> Campaign:
        """The campaign, where the kind needs one."""
        if self.campaign is None:
            raise AssertionError("this kind of file needs a campaign")
        return self.campaign

    @property
    def today(self) -> date:
        return business_date(self.now, self.zone)


@dataclass(frozen=True)
class TableJob(Job):
    """A file with columns; the profile is bound to its header."""

    source: Source
    profile: Profile

    def members(self) -> dict[str, int]:
        """Ids by e-mail."""
        return dict(self.session.execute(select(TeamMember.email, TeamMember.id)).all())
