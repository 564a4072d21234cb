"""One firing: what is due now is done, each part on its own, and nothing twice however often and whenever it fires.

Nothing here remembers what was done: the sync, the alerts and the weekly email each look at what is recorded, and two
firings at once find each other there.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from capdesk import models
from capdesk.errors import CapdeskError, RuleRefused, Stopped
from capdesk.services.alerts import send_alerts
from capdesk.services.bug_report import report_bug
from capdesk.services.notifications import due_week, notifications, send_weekly, sending_text
from capdesk.services.plain import utc_stamp
from capdesk.services.providers.mail import Mailer
from capdesk.services.schedule.memory import LastRun, read_latest_moment, write_last_run, write_latest_moment
from capdesk.services.sync.report import SourcePull, SyncReport

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

Sync = Callable[["Desk"], SyncReport]
"""Pulls the sources whose daily moment has passed and that were not pulled since."""
PartName = Literal["sync", "alerts", "weekly"]
State = Literal["done", "nothing", "failed"]
_MOST_BACK = timedelta(hours=1)
"""A clock that is set back further is not believed: time servers and daylight saving never need that."""


@dataclass(frozen=True)
class Part:
    """What became of one part: `nothing` was due, or it cannot be done because it was never set up."""

    name: PartName
    state: State
    line: str


@dataclass(frozen=True)
class RunReport:
    """One firing. `at` is its beginning by the computer's clock."""

    at: datetime
    parts: tuple[Part, ...]

    @property
    def exit_code(self) -> int:
        return 1 if any(part.state == "failed" for part in self.parts) else 0

    @property
    def lines(self) -> tuple[str, ...]:
        """One for each part; a sentence that several have in common once."""
        return tuple(dict.fromkeys(part.line for part in self.parts))


def run_due(desk: "Desk", sync: Sync, mailer: Mailer | None = None, *, clock_is_right: bool = False) -> RunReport:
    """Syncs, sends alerts, sends the weekly email: whatever is due and not done yet.

    What goes wrong with one part is its line in the report, and stops no other. A clock that stands more than an hour
    before an earlier firing stops all, until the owner says that it is right.
    """
    at = desk.clock.now()
    if clock_is_right:
        write_latest_moment(desk.folder, at)
    parts = (
        _part(desk, "sync", at, lambda _: _synced(sync(desk))),
        _part(desk, "alerts", at, lambda _: _alerts(desk, mailer)),
        _part(desk, "weekly", at, lambda now: _weekly(desk, mailer, now)),
    )
    report = RunReport(at, parts)
    with suppress(RuleRefused):  # what was done counts more than a note of it
        write_last_run(desk.folder, LastRun(at, report.exit_code, report.lines))
    return report


def _part(desk: "Desk", name: PartName, began: datetime, action: Callable[[datetime], tuple[State, str]]) -> Part:
    try:
        return Part(name, *action(_believed_now(desk, began)))
    except Stopped:
        raise
    except CapdeskError as error:
        return Part(name, "failed", str(error))
    except Exception as error:  # our own mistake, or a library's: reported, and the others go on
        return Part(name, "failed", report_bug(error).sentence)


def _believed_now(desk: "Desk", began: datetime) -> datetime:
    now, known = desk.clock.now(), read_latest_moment(desk.folder)
    latest = max(known or began, began)
    if now < latest - _MOST_BACK:
        raise RuleRefused(
            f"This computer's clock says {_second(now)}, but it was {_second(latest)} before, so nothing is done: set "
            "it right, or if it is right now, say so with `capdesk schedule run --clock-is-right`."
        )
    if known is None or now > known:
        write_latest_moment(desk.folder, now)
    return now


def _second(moment: datetime) -> str:
    """Without fractions, so that parts refused one after the other say the same."""
    return utc_stamp(moment.replace(microsecond=0))


def _synced(report: SyncReport) -> tuple[State, str]:
    if not report.pulls:
        return "nothing", "No account is connected, so no cost is pulled."
    busy = [pull for pull in report.pulls if pull.state == "busy"]
    failed = [pull for pull in report.pulls if pull.state == "failed"]
    done = [pull for pull in report.pulls if pull.state == "done"]
    said = [f"{_names([pull])} failed: {pull.detail}" for pull in failed]
    if done:
        landed = sum(account.landed for pull in done for account in pull.accounts)
        said.append(f"Pulled {_names(done)}: {landed} new rows.")
        said += dict.fromkeys(warning for pull in done for account in pull.accounts for warning in account.warnings)
    if busy:
        said.append(f"{_names(busy)} is being pulled just now.")
    said += report.notes
    state: State = "failed" if failed else "done" if done else "nothing"
    return state, " ".join(said) or "All costs of the day are pulled."


def _alerts(desk: "Desk", mailer: Mailer | None) -> tuple[State, str]:
    if not _mail_is_set(desk, mailer):
        return "nothing", _NO_MAIL
    sending = send_alerts(desk, mailer)
    if not sending.deliveries:
        return "nothing", "No alert is due."
    return "failed" if sending.exit_code else "done", _one_line(sending_text(sending))


def _weekly(desk: "Desk", mailer: Mailer | None, now: datetime) -> tuple[State, str]:
    if not _mail_is_set(desk, mailer):
        return "nothing", _NO_MAIL
    row = _desk_row(desk)
    week = due_week(now, desk.zone, row.weekly_weekday, row.weekly_time)
    known = desk.read(lambda session: notifications(session, "weekly", str(week)))
    if {one.recipient for one in known if one.state in ("sent", "skipped")}.issuperset(row.recipients):
        return "nothing", f"The report of {week} was already sent."
    sending = send_weekly(desk, week, mailer)
    return "failed" if sending.exit_code else "done", _one_line(sending_text(sending))


_NO_MAIL = "No mail server, sender or recipient is set, so no email is sent."


def _mail_is_set(desk: "Desk", mailer: Mailer | None) -> bool:
    """Whether the owner wants emails at all: what is set in part only is a matter of `capdesk settings`."""
    row = _desk_row(desk)
    return bool(row.recipients and row.mail_from and (row.mail_host or mailer))


def _desk_row(desk: "Desk") -> models.Desk:
    return desk.read(lambda session: session.scalars(select(models.Desk)).one())


def _names(pulls: Iterable[SourcePull]) -> str:
    return ", ".join(f"{pull.source} of {pull.connection}" for pull in pulls)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
