"""Two mornings of the demo's desk: what is pulled, what is restated, and the mail that goes out."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import text

from capdesk.errors import ProviderUnavailable
from capdesk.services.alerts import send_alerts
from capdesk.services.demo.providers import DemoProviders
from capdesk.services.money import dollars
from capdesk.services.notifications.weekly import send_weekly
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.sync import SyncReport

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

Tell = Callable[[str], None]
Pull = Callable[[date | None], SyncReport]
"""Syncs everything, also the days from a date on."""

_RESTATED = text("""
SELECT c.provider::text, coalesce(c.project, c.account), c.usage_date, c.stated_usd, c.amount_usd
FROM provider_charge c
WHERE c.batch_id > :batch AND abs(c.amount_usd) >= 0.005
  AND EXISTS (SELECT FROM provider_charge b WHERE b.grain_key = c.grain_key AND b.id < c.id)
ORDER BY c.usage_date, c.id
""")
_NEWEST = text("SELECT coalesce(max(id), 0) FROM import_batch")


def mornings(desk: "Desk", providers: DemoProviders, pull: Pull, tell: Tell) -> None:
    """Pulls what the providers say, and again once they have restated some days."""
    tell("Syncing with the demo's own Twilio and Google Cloud on 127.0.0.1 ...")
    _told(pull(None), tell)
    desk.seal()
    batch = desk.read(lambda session: session.scalar(_NEWEST))
    tell("The morning after, one more day has ended and some are restated; syncing again ...")
    providers.restate()
    _told(pull(providers.restated_from), tell)
    desk.seal()
    for provider, whose, day, stated, difference in desk.read(
        lambda session: session.execute(_RESTATED, {"batch": batch}).all()
    ):
        tell(
            f"  {PROVIDER_NAMES[provider]} {whose} now says {dollars(stated)} for {day}: "
            f"a difference row of {dollars(difference)}."
        )


def post(desk: "Desk", providers: DemoProviders, tell: Tell) -> None:
    """Alerts and the weekly report go to the demo's mail server, which really takes them."""
    tell("Sending what is due by mail ...")
    send_alerts(desk)
    send_weekly(desk)
    for arrived in providers.mail.arrived:
        subject = str(arrived.message["Subject"]).strip()
        tell(f"  The mail server took “{subject}” for {', '.join(arrived.recipients)}.")


def _told(report: SyncReport, tell: Tell) -> None:
    for pull in report.pulls:
        if pull.state == "failed":
            raise ProviderUnavailable(f"The demo's own providers failed: {pull.detail}")
        for account in pull.accounts:
            what = "calls" if pull.source == "twilio-calls" else "charges"
            money = "" if pull.source == "twilio-calls" else f", {dollars(account.difference_usd)}"
            tell(f"  {pull.source} {account.name}: {account.rows:,} rows read, {account.landed:,} {what} new{money}.")
