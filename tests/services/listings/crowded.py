"""A desk on which every list has rows, and every column a value somewhere."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models.base import LeadStatusName, Verdict
from capdesk.services import leads
from capdesk.services.evaluations import Decision, evaluate, override
from capdesk.services.imports.job import Options
from capdesk.services.imports.load import import_file
from tests.support import builders
from tests.support.facts import Facts

_CALLS = """call_id,started_at,duration_s,outcome,lead_phone,agent_email,mood
c1,{day}T15:00:00Z,200,Schedule,+13055550101,ana@example.com,glad
c2,{day}T16:00:00Z,151,Info,+13055550102,ben@example.com,
c3,{day}T16:00:00Z,20,Not Interested,+13055550999,ana@example.com,
c4,{day}T17:00:00Z,twenty,Busy,+13055550101,ana@example.com,
c5,{day}T18:00:00Z,0,Wrong #,,,
"""
_SYNCS = (
    "INSERT INTO connection (provider, account) VALUES ('twilio', 'AC1'), ('gcp', 'p.d.t')",
    "INSERT INTO sync_run (connection_id, source) SELECT id, 'twilio' FROM connection WHERE provider = 'twilio'",
    "INSERT INTO sync_step (run_id, account, first_day, through, rows, landed, difference_usd, batch_id)"
    " SELECT id, 'AC1', '2026-01-01', '2026-01-31', 31, 2, 40.123456, (SELECT min(batch_id) FROM provider_charge)"
    " FROM sync_run",
    "INSERT INTO sync_outcome (run_id, outcome, detail, bytes_billed)"
    " SELECT id, 'failed', 'AC2 fell silent.', 10 FROM sync_run",
    "INSERT INTO sync_run (connection_id, source) SELECT id, 'gcp' FROM connection WHERE provider = 'gcp'",
)
_MAIL = (
    "INSERT INTO notification_log (kind, period, recipient, about)"
    " VALUES ('weekly', '2026-W46', 'o@example.com', '{}'),"
    " ('weekly', '2026-W47', 'o@example.com', '{}'), ('weekly', '2026-W48', 'o@example.com', '{}'),"
    " ('weekly', '2026-W45', 'o@example.com', '{}')",
    "INSERT INTO notification_log (kind, period, recipient, about, experiment_id)"
    " SELECT 'alert', unnest(ARRAY['experiment:1:capital:80:12500', 'experiment:1:time:100:30', 'experiment:1']),"
    " 'o@example.com', '{}', min(id) FROM experiment",
    "INSERT INTO notification_attempt (notification_id, number, message_id)"
    " SELECT id, 1, 'm' || id FROM notification_log WHERE period IN ('2026-W46', '2026-W47')",
    "INSERT INTO notification_outcome (notification_id, attempt_id, outcome, detail)"
    " SELECT notification_id, a.id, 'sent', '250 Ok' FROM notification_attempt a JOIN notification_log l"
    " ON l.id = notification_id WHERE period = '2026-W46'",
    "INSERT INTO notification_outcome (notification_id, outcome, detail)"
    " SELECT id, 'skipped', 'too old' FROM notification_log WHERE period = '2026-W45'",
)


def fill(desk: Desk, folder: Path) -> None:
    """Two campaigns, a few of everything; some of it reversed, erased, unassigned or provisional."""
    today = builders.database_now(desk).astimezone(UTC).date()
    ids = builders.running_experiment(
        desk, at=_noon(today - timedelta(days=9)), bonus={"qpc": "5", "install_attended": "7"}
    )
    other = builders.running_experiment(
        desk, campaign="Autumn", name="Prices %_\\", at=_noon(today - timedelta(days=5))
    )
    builders.planned_experiment(desk, campaign="Autumn", name="Later")
    ana, ben = builders.member(desk), builders.member(desk, "ben@example.com", campaign="Autumn", name='Ben\'s "B"')
    _leads(desk)
    _calls(desk, folder, today - timedelta(days=2))
    facts = Facts(desk)
    _facts(facts, ids, other, (ana, ben), today)
    _charges(facts, ids, other, today)
    made = evaluate(
        desk, ids.experiment, Decision(Verdict.CONTINUE, "Goes well.", "Go on.", "See calls.", Decimal(2000))
    )
    evaluate(desk, other.experiment, Decision(Verdict.FAIL, "Too dear."))
    desk.write(lambda session: override(session, made.id, "We know better.", desk.owner_id))
    desk.write(_outside)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _leads(desk: Desk) -> None:
    builders.lead(desk, phone="+13055550101", name="Zoë Ångström")
    builders.lead(desk, phone="+13055550102", name="adam")
    gone = builders.lead(desk, "Autumn", "+13055550103", "Bob")
    desk.write(lambda session: leads.set_lead_status(session, str(gone), LeadStatusName.DO_NOT_CONTACT))


def _calls(desk: Desk, folder: Path, day: date) -> None:
    file = folder / "calls.csv"
    file.write_text(_CALLS.format(day=day), encoding="utf-8")
    receipt = import_file(desk, "calls", file, campaign="Spring", options=Options(allow_unattributed=True))
    assert (receipt.landed, receipt.rejected) == (4, 1)


def _facts(facts: Facts, ids: builders.Ids, other: builders.Ids, members: tuple[int, int], today: date) -> None:
    ana, ben = members
    for back in (1, 3, 8):
        facts.hours(ana, today - timedelta(days=back), f"{back}.5")
        facts.call(ids.campaign, _noon(today - timedelta(days=back)), "Callback", 150 + back, ana)
        facts.event(ids.campaign, "install_attended", _noon(today - timedelta(days=back)), ana)
    facts.event(other.campaign, "calculator_installed", _noon(today - timedelta(days=1)))
    facts.event(other.campaign, "paid_conversion", _noon(today - timedelta(days=8)), ben)
    facts.reverse("event", facts.event(ids.campaign, "install_attended", _noon(today - timedelta(days=4)), ana))
    facts.reverse("call", facts.call(ids.campaign, _noon(today - timedelta(days=4)), "Info", 300, ana))
    facts.reverse("time_log", facts.hours(ben, today - timedelta(days=2), "2"))


def _charges(facts: Facts, ids: builders.Ids, other: builders.Ids, today: date) -> None:
    facts.charge(today - timedelta(days=3), "40.005")
    facts.charge(today - timedelta(days=3), "43.1")
    facts.charge(today - timedelta(days=15), "7.25", account="AC2")
    facts.charge(
        today - timedelta(days=2), "3", account="G", project="p", service="s", sku="k", label="a=b", cost_type="regular"
    )
    facts.charge(today - timedelta(days=2), "4", account="G", project="p2", service="s")
    facts.map("twilio", ids.campaign, account="AC1")
    facts.map("gcp", ids.campaign, project="p2")
    facts.map("gcp", other.campaign, project="p2")
    facts.map("gcp", other.campaign, label="a=b")
    facts.map("gcp", ids.campaign, project="gone")
    facts.map("gcp", None, project="gone")


def _outside(session: Session) -> None:
    for statement in (*_SYNCS, *_MAIL):
        session.execute(text(statement.replace(":", r"\:")))
