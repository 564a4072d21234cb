"""The weekly email: which week is due, which were missed, and to whom it goes once."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from capdesk import models
from capdesk.errors import RuleRefused
from capdesk.services.database.seals import seal
from capdesk.services.dates import Week, business_date
from capdesk.services.notifications import log
from capdesk.services.notifications.log import Notification
from capdesk.services.notifications.post import Post, open_post, require_trusted
from capdesk.services.notifications.send import Delivery, Job, Sending, deliver
from capdesk.services.plain import utc_stamp
from capdesk.services.providers.mail import Mailer
from capdesk.services.reports.model import WeeklyReport
from capdesk.services.reports.render_mail import Letter, weekly_letter
from capdesk.services.reports.weekly_report import weekly_report

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_FIRST_FACT = text(
    "SELECT least((SELECT min(recorded_at) FROM import_batch), (SELECT min(recorded_at) FROM experiment_transition))"
)


def last_complete_week(now: datetime, zone: ZoneInfo) -> Week:
    return Week.of(business_date(now, zone)).previous()


def due_at(week: Week, zone: ZoneInfo, weekday: int, at: time) -> datetime:
    """When a week's email is due: the first such weekday (Monday is 1) and time after its end, in UTC.

    A time the clocks skip is due when they have skipped it; one they show twice, the first time.
    """
    day = week.monday + timedelta(days=6 + weekday)
    return datetime.combine(day, at, zone).astimezone(UTC)


def due_week(now: datetime, zone: ZoneInfo, weekday: int, at: time) -> Week:
    """The newest week whose email is due."""
    week = last_complete_week(now, zone)
    while due_at(week, zone, weekday, at) > now:
        week = week.previous()
    return week


class LetterChanged(RuleRefused):
    """The email would not say any more what the owner saw."""


def send_weekly(
    desk: "Desk",
    week: Week | None = None,
    mailer: Mailer | None = None,
    *,
    again: bool = False,
    shown: datetime | None = None,
) -> Sending:
    """Sends a week's email, by default the newest due one, once to each recipient; earlier missed weeks are named.

    `again` sends where nobody can tell whether the last attempt went through: only the owner may say so. `shown` is
    the `as_of` of a preview: that email is sent, and LetterChanged raised where its figures are other ones by now.
    Raises RuleRefused where nothing can be sent, DatabaseUnavailable where the database is not to be trusted.
    """
    post = open_post(desk, mailer)
    require_trusted(desk)
    chosen = week or desk.read(partial(_due_now, desk))
    if chosen.end(desk.zone) > desk.clock.now():
        raise RuleRefused(f"Week {chosen} is not over: its email can be sent from {chosen.monday + timedelta(days=7)}.")
    report = _report_if_needed(desk, post, chosen, again, shown)
    if report is not None:
        about = {"as_of": utc_stamp(report.as_of), "seal": report.seal}
        desk.write(lambda session: _record_due(session, post, chosen, desk.zone, about))
    log_now = desk.read(lambda session: log.notifications(session, "weekly"))
    deliveries = [_deliver(desk, post, chosen, report, log_now, one, again) for one in post.recipients]
    return Sending(tuple(deliveries), _untold(log_now, chosen, None))


def _due_now(desk: "Desk", session: Session) -> Week:
    row = session.scalars(select(models.Desk)).one()
    return due_week(desk.clock.now(), desk.zone, row.weekly_weekday, row.weekly_time)


def _report_if_needed(desk: "Desk", post: Post, week: Week, again: bool, shown: datetime | None) -> WeeklyReport | None:
    """None where no recipient is waiting for it."""
    settled = ("sent", "skipped") if again else ("sent", "skipped", "unknown")
    known = desk.read(lambda session: log.notifications(session, "weekly", str(week)))
    done = {one.recipient for one in known if one.state in settled}
    if done.issuperset(post.recipients):
        return None
    seal(desk.engine)  # the email tells the newest head
    report = weekly_report(desk, week)
    if shown is None:
        return report
    seen = weekly_report(desk, week, shown)
    if replace(seen, as_of=report.as_of, seal=report.seal) != report:
        raise LetterChanged(
            f"The report of {week} changed since it was shown, so nothing was sent: look at it again, then send it."
        )
    return seen


def _record_due(session: Session, post: Post, week: Week, zone: ZoneInfo, about: dict[str, str | None]) -> None:
    """What is due now, and that earlier weeks are not sent any more."""
    for one in log.notifications(session, "weekly"):
        if one.period < str(week) and one.recipient in post.recipients and one.state in ("due", "failed"):
            log.skip(session, one.id, f"{week} was due")
    for missed in _missed_weeks(session, week, zone):
        for recipient in post.recipients:
            number = log.claim(session, "weekly", str(missed), recipient, {})
            if number is not None:
                log.skip(session, number, f"nothing was sent before {week} was due")
    for recipient in post.recipients:
        log.claim(session, "weekly", str(week), recipient, about)


def _missed_weeks(session: Session, week: Week, zone: ZoneInfo) -> list[Week]:
    """Earlier weeks nobody was told of, from the newest one in the log on, or else from the desk's first fact."""
    known = [Week.parse(one.period) for one in log.notifications(session, "weekly") if one.period < str(week)]
    first_fact = session.scalar(_FIRST_FACT)
    if not known and first_fact is None:
        return []
    newest = max(known) if known else Week.of(business_date(first_fact, zone)).previous()
    missed, one = [], week.previous()
    while one > newest:
        missed.append(one)
        one = one.previous()
    return missed[::-1]


def _untold(log_now: list[Notification], week: Week, recipient: str | None) -> tuple[str, ...]:
    """Weeks skipped since the last one that reached the recipient, or since the last one at all."""
    mine = [one for one in log_now if one.period < str(week) and recipient in (None, one.recipient)]
    told = max((one.period for one in mine if one.state == "sent"), default="")
    return tuple(sorted({one.period for one in mine if one.state == "skipped" and one.period > told}))


def skipped_if_sent(session: Session, week: Week, recipient: str | None, zone: ZoneInfo) -> tuple[str, ...]:
    """The earlier weeks an email of the week would name, were it sent to the recipient now."""
    log_now = log.notifications(session, "weekly")
    mine = [one for one in log_now if one.period < str(week) and recipient in (None, one.recipient)]
    told = max((one.period for one in mine if one.state == "sent"), default="")
    found = {one.period for one in mine if one.state in ("skipped", "due", "failed")}
    found |= {str(missed) for missed in _missed_weeks(session, week, zone)}
    return tuple(sorted(period for period in found if period > told))


def send_one(desk: "Desk", post: Post, notification: Notification) -> Delivery:
    """The email of one week to one recipient, also where nobody can tell of the attempt before."""
    week = Week.parse(notification.period)
    log_now = desk.read(lambda session: log.notifications(session, "weekly"))
    return _deliver(desk, post, week, None, log_now, notification.recipient, again=True)


def _deliver(
    desk: "Desk",
    post: Post,
    week: Week,
    report: WeeklyReport | None,
    log_now: list[Notification],
    recipient: str,
    again: bool,
) -> Delivery:
    notification = next(one for one in log_now if (one.period, one.recipient) == (str(week), recipient))

    def letter() -> Letter:
        known = report or weekly_report(desk, week)
        return weekly_letter(replace(known, skipped_weeks=_untold(log_now, week, recipient)))

    job = Job(f"the report of {week}", letter, f"capdesk report weekly --week {week} --send --again")
    return deliver(desk, post, notification, job, again=again)
