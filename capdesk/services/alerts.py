"""Interrupt alerts: which are due, and sending each once per threshold, cap in force and recipient."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk import models
from capdesk.services.notifications import log
from capdesk.services.notifications.log import Notification
from capdesk.services.notifications.post import open_post, require_trusted
from capdesk.services.notifications.send import Job, Sending, deliver
from capdesk.services.plain import plain
from capdesk.services.providers.mail import Mailer
from capdesk.services.reports.alert import Alert
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.render_mail import render_alert
from capdesk.services.reports.standings import ExperimentStanding, standings
from capdesk.services.signals import AlertKey, alerts_due

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_COMMAND = "capdesk alerts --send --again"
_OPEN = ("due", "failed")


@dataclass(frozen=True)
class DueAlert:
    """An alert that is due and to whom it has still to go; nobody where no recipients are set."""

    experiment_id: int
    period: str
    alert: Alert
    to: tuple[str, ...]


@dataclass(frozen=True)
class Alerts:
    """What is due now, and earlier alerts of which nobody can tell whether they arrived."""

    due: tuple[DueAlert, ...]
    unknown: tuple[Notification, ...]


def list_alerts(desk: "Desk") -> Alerts:
    """Sends and records nothing."""
    as_of = resolve_as_of(desk)
    return desk.read(lambda session: alerts_at(session, standings(session, as_of), as_of, desk.zone))


def send_alerts(desk: "Desk", mailer: Mailer | None = None, *, again: bool = False) -> Sending:
    """Sends what is due; with `again`, also what may or may not have arrived, which only the owner may say.

    Raises RuleRefused where nothing can be sent, DatabaseUnavailable where the database is not to be trusted.
    """
    found = list_alerts(desk)
    if not found.due and not found.unknown:
        return Sending(())
    post = open_post(desk, mailer)
    require_trusted(desk)
    desk.write(lambda session: _claim(session, found.due))
    wanted = {(due.period, who) for due in found.due for who in due.to}
    wanted |= {(one.period, one.recipient) for one in found.unknown}
    return Sending(
        tuple(
            deliver(desk, post, one, alert_job(one), again=again)
            for one in desk.read(lambda session: log.notifications(session, "alert"))
            if (one.period, one.recipient) in wanted
        )
    )


def alerts_text(alerts: Alerts) -> str:
    """One line for each alert; what to do where nobody can tell of one."""
    lines = [f"{due.alert.campaign} / {due.alert.experiment}: {due.alert.sentence}" for due in alerts.due]
    lines += [
        f"Nobody can tell whether {_name(one)} reached {one.recipient}; look into the mailbox, and only if it is not "
        f"there send it again with: {_COMMAND}"
        for one in alerts.unknown
    ]
    return "\n".join(lines) or "No alert is due."


def alerts_at(session: Session, under_way: Iterable[ExperimentStanding], as_of: datetime, zone: ZoneInfo) -> Alerts:
    """What is due of experiments that stand so at a moment; what was sent is looked up as it is now."""
    recipients = session.scalars(select(models.Desk.recipients)).one()
    known = log.notifications(session, "alert")
    due: dict[str, DueAlert] = {}
    for standing in under_way:
        for recipient in (*recipients,) or (None,):
            for period, alert in _due(standing, known, recipient, as_of, zone):
                before = due.get(period)
                to = (*(before.to if before else ()), *([recipient] if recipient else []))
                due[period] = DueAlert(standing.experiment_id, period, alert, to)
    unknown = tuple(one for one in known if one.state == "unknown" and one.recipient in recipients)
    return Alerts(tuple(due.values()), unknown)


def _due(
    standing: ExperimentStanding, known: Iterable[Notification], recipient: str | None, as_of: datetime, zone: ZoneInfo
) -> Iterable[tuple[str, Alert]]:
    """What the recipient has not been sent yet; without one, what nobody has."""
    number = standing.experiment_id
    already = [
        _key(one.period)
        for one in known
        if one.state not in _OPEN
        and recipient in (None, one.recipient)
        and one.period.startswith(f"experiment:{number}:")
    ]
    for signal in alerts_due(standing.caps, standing.spent_usd, standing.used_days, already):
        yield (
            f"experiment:{number}:{signal.kind}:{signal.threshold}:{signal.cap:f}",
            Alert(
                campaign=standing.campaign,
                experiment=standing.experiment,
                sentence=signal.text,
                spent_usd=standing.spent_usd,
                cap_usd=standing.caps.capital_usd,
                used_days=standing.used_days,
                cap_days=standing.caps.time_days,
                as_of=as_of,
                zone=zone.key,
            ),
        )


def _key(period: str) -> AlertKey:
    _, _, kind, threshold, cap = period.split(":")
    return AlertKey("capital" if kind == "capital" else "time", int(threshold), Decimal(cap))


def _claim(session: Session, due: Collection[DueAlert]) -> None:
    for one in due:
        for recipient in one.to:
            log.claim(session, "alert", one.period, recipient, plain(one.alert), experiment_id=one.experiment_id)


def alert_job(notification: Notification) -> Job:
    """The way of one alert, which says what it said when it became due."""
    return Job(_name(notification), lambda: render_alert(_alert(notification.about)), _COMMAND)


def _name(notification: Notification) -> str:
    return f"the alert of {notification.about['experiment']} ({notification.about['sentence'].rstrip('.')})"


def _alert(about: dict[str, Any]) -> Alert:
    """The alert as it was when it became due: one notification says one thing, however often it is tried."""
    return Alert(
        campaign=about["campaign"],
        experiment=about["experiment"],
        sentence=about["sentence"],
        spent_usd=Decimal(about["spent_usd"]),
        cap_usd=Decimal(about["cap_usd"]),
        used_days=about["used_days"],
        cap_days=about["cap_days"],
        as_of=datetime.fromisoformat(about["as_of"]),
        zone=about["zone"],
    )
