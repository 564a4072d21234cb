"""The weekly email before it is sent: exactly what would go out, to whom, and what is known of each recipient."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from capdesk.services.dates import Week
from capdesk.services.notifications import log
from capdesk.services.notifications.log import State
from capdesk.services.notifications.post import desk_row, missing_settings
from capdesk.services.notifications.weekly import last_complete_week, skipped_if_sent
from capdesk.services.reports.model import WeeklyReport
from capdesk.services.reports.render_mail import Letter, weekly_letter
from capdesk.services.reports.weekly_report import weekly_report

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk


@dataclass(frozen=True)
class Recipient:
    """`state` is None where nothing was due to the address yet; `as_of` what the email sent to it looked at.

    `gets_it` is False of an address that got emails before and is no recipient any more.
    """

    address: str
    state: State | None
    detail: str
    notification_id: int | None
    as_of: datetime | None
    gets_it: bool = True


@dataclass(frozen=True)
class WeeklyPreview:
    """`recipient` is whose email this is: each names the weeks that were missed since its own last one.

    `missing` is what has to be set before any can be sent; `over` whether the week is.
    """

    week: Week
    report: WeeklyReport
    letter: Letter
    recipient: str | None
    recipients: tuple[Recipient, ...]
    missing: tuple[str, ...]
    over: bool


@dataclass(frozen=True)
class _Known:
    recipients: tuple[Recipient, ...]
    missing: tuple[str, ...]
    recipient: str | None
    skipped: tuple[str, ...]


def weekly_preview(
    desk: "Desk", week: Week | None = None, as_of: datetime | None = None, recipient: str | None = None
) -> WeeklyPreview:
    """The email of a week, by default the last complete one, from facts recorded up to `as_of`, by default now.

    Sends and records nothing. Raises RuleRefused for a week that has not begun or an `as_of` that cannot be had.
    """
    now = desk.clock.now()
    chosen = week or last_complete_week(now, desk.zone)
    known = desk.read(lambda session: _known(desk, session, chosen, recipient))
    report = replace(weekly_report(desk, chosen, as_of), skipped_weeks=known.skipped)
    return WeeklyPreview(
        week=chosen,
        report=report,
        letter=weekly_letter(report),
        recipient=known.recipient,
        recipients=known.recipients,
        missing=known.missing,
        over=chosen.end(desk.zone) <= now,
    )


def _known(desk: "Desk", session: Session, week: Week, wanted: str | None) -> _Known:
    row = desk_row(session)
    past = {one.recipient: one for one in log.notifications(session, "weekly", str(week))}
    found = []
    for address in [*row.recipients, *(one for one in past if one not in row.recipients)]:
        one = past.get(address)
        seen = datetime.fromisoformat(one.about["as_of"]) if one and one.about.get("as_of") else None
        state, detail, number = (one.state, one.detail, one.id) if one else (None, "", None)
        found.append(Recipient(address, state, detail, number, seen, address in row.recipients))
    whose = wanted if wanted in row.recipients else next(iter(row.recipients), None)
    skipped = skipped_if_sent(session, week, whose, desk.zone)
    return _Known(tuple(found), tuple(missing_settings(row)), whose, skipped)
