"""What a sync is to pull: one source of one connection, and how to reach it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk.errors import CapdeskError, Stopped, UsageRefused
from capdesk.models import Desk as DeskRow
from capdesk.services.bug_report import report_bug
from capdesk.services.connections import ConnectionInfo
from capdesk.services.dates import last_daily_moment
from capdesk.services.providers.pull import Account, CallSource, CostSource, Span
from capdesk.services.sync.report import SourceName
from capdesk.services.sync.watermark import (
    Standing,
    Watermark,
    beginning,
    last_ended_day,
    next_span,
    standing,
    watermarks,
)

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

T = TypeVar("T")
Progress = Callable[[str, int], None]
"""Told (source and account being pulled, rows read of it) now and then; raises Stopped to stop."""


def unwatched(_account: str, _rows: int) -> None:
    """Progress nobody follows."""


@dataclass(frozen=True)
class Providers:
    """What opens the real clients, or fakes of them."""

    open_source: Callable[[ConnectionInfo], CostSource]
    open_calls: Callable[[ConnectionInfo], CallSource]


@dataclass(frozen=True)
class Question:
    """What is asked of every source: up to `last`, from `since` or else `begin` where nothing was pulled before."""

    last: date
    begin: date
    due_at: datetime
    since: date | None = None
    only_due: bool = False
    dry_run: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One source of one connection."""

    desk: "Desk"
    connection: ConnectionInfo
    source: SourceName
    question: Question
    providers: Providers
    progress: Progress = unwatched

    def marks(self) -> dict[str, Watermark]:
        """How far each account was pulled."""
        return self.desk.read(lambda session: watermarks(session, self.connection.id, self.source))

    def standing(self) -> Standing:
        at = self.question.due_at
        return self.desk.read(lambda session: standing(session, self.connection.id, self.source, at))

    def span(self, mark: Watermark | None, look_back: date) -> Span | None:
        asked = self.question
        return next_span(mark, last=asked.last, look_back=look_back, since=asked.since, begin=asked.begin)

    def watch(self, account: Account) -> Callable[[int], None]:
        return lambda rows: self.progress(f"{self.source} {account.name}", rows)

    def written(self, action: Callable[[Session], T]) -> T:
        """Commits what the action writes; a dry run does all of it and takes it back."""
        if not self.question.dry_run:
            return self.desk.write(action)

        def taken_back(session: Session) -> T:
            with session.begin_nested() as attempt:
                result = action(session)
                attempt.rollback()
            return result

        return self.desk.write(taken_back)


def ask(desk: "Desk", *, since: date | None = None, only_due: bool = False, dry_run: bool = False) -> Question:
    """The question of this moment. Raises UsageRefused where `since` has not ended."""
    now = desk.clock.now()

    def look(session: Session) -> Question:
        last, note = last_ended_day(session, now)
        if since is not None and since > last:
            raise UsageRefused(f"{since} has not ended in UTC: a provider day is pulled once it has, now up to {last}.")
        at = session.scalars(select(DeskRow.daily_time)).one()
        due_at = last_daily_moment(now, desk.zone, at)
        notes = () if note is None else (note,)
        return Question(last, beginning(session, last), due_at, since, only_due, dry_run, notes)

    return desk.read(look)


def tried(action: Callable[[], T]) -> T | str:
    """What it returns, or one sentence that says what went wrong. Only the person in front stops it."""
    try:
        return action()
    except Stopped:
        raise
    except CapdeskError as error:
        return printable(str(error))
    except Exception as error:  # a mistake of ours or of a library: reported, and the others go on
        return report_bug(error).sentence


def printable(text: str) -> str:
    """A provider's words without what would move a terminal's cursor or cannot be stored."""
    return "".join(char for char in text if char.isprintable())
