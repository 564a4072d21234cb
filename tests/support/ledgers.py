"""A small desk with something in every sealed table, and a superuser's hand in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import URL, Connection, create_engine, text

from capdesk.bootstrap import Desk
from capdesk.models.base import LeadStatusName, Verdict
from capdesk.services import leads
from capdesk.services.connections import save_connection
from capdesk.services.dates import business_date
from capdesk.services.evaluations import Decision, evaluate, override
from capdesk.services.providers.pull_fakes import FakeCalls, FakeCosts
from capdesk.services.sync import sync
from tests.support import builders
from tests.support.facts import Facts


def fill(desk: Desk) -> None:
    """Calls, events, hours, charges, reversals, an end, a verdict and an override, sealed after every step.

    The last seal covers the override and nothing else.
    """
    now = builders.database_now(desk)
    first = builders.running_experiment(
        desk, at=now - timedelta(days=6), bonus={"qpc": "5", "calculator_installed": "20"}
    )
    ana, facts = builders.member(desk), Facts(desk)
    builders.member(desk, email="bo@example.com", rate="18.555555", name="Bo")
    lead = builders.lead(desk)
    desk.seal()
    for number in range(12):
        at = now - timedelta(days=5, minutes=-number)
        facts.call(first.campaign, at, ("Info", "No Answer", "Schedule")[number % 3], 100 + number * 10, ana)
    event = facts.event(first.campaign, "calculator_installed", now - timedelta(days=4), ana)
    facts.event(first.campaign, "calculator_installed", now - timedelta(days=3), ana)
    desk.seal()
    day = business_date(now, desk.zone) - timedelta(days=3)
    hours = facts.hours(ana, day)
    facts.hours(ana, day, "2.5")
    facts.charge((now - timedelta(days=4)).date(), "40")
    facts.map("twilio", first.campaign, account="AC1")
    facts.charge((now - timedelta(days=4)).date(), "43.10")
    facts.charge((now - timedelta(days=3)).date(), "7", account="AC2")
    desk.seal()
    facts.reverse("event", event)
    facts.reverse("time_log", hours)
    facts.reverse("call", 3)
    builders.move(desk, first.experiment, "complete")
    verdict = evaluate(desk, first.experiment, Decision(Verdict.PASS, "It pays"))
    desk.write(lambda session: leads.set_lead_status(session, str(lead), LeadStatusName.DO_NOT_CONTACT))
    _pull(desk, (now - timedelta(days=2)).date())
    desk.seal()
    desk.write(lambda session: override(session, verdict.id, "It does not", desk.owner_id))
    desk.seal()


def _pull(desk: Desk, day: date) -> None:
    """A day of an account nobody mapped, pulled."""
    costs = FakeCosts()
    costs.state("AC3", day, "5.25")
    desk.write(lambda session: save_connection(session, "twilio", f"AC{'3' * 32}"))
    report = sync(
        desk, sources=["twilio"], since=day, open_source=lambda _its: costs, open_calls=lambda _its: FakeCalls()
    )
    assert not report.failed


@contextmanager
def superuser(admin: URL) -> Iterator[Connection]:
    """Whoever may do anything, in the capdesk schema."""
    engine = create_engine(admin)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET search_path = capdesk"))
            yield connection
    finally:
        engine.dispose()


@contextmanager
def unguarded(connection: Connection, *tables: str) -> Iterator[None]:
    """Tables without their triggers, which stand as before afterwards: the fingerprint sees nothing of it."""
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield
    for table in tables:
        names = text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal")
        for name in connection.scalars(names, {"table": table}).all():
            connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"))
