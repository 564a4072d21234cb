"""A desk with at least one row in every table that keeps anything, and the hash of all of them."""

from datetime import date

from psycopg.types.json import Jsonb

from tests.models.ledger import OWNER, Call, Charge, Event, Hours, Ledger, Row, moment, phone
from tests.models.pulls import Pulls, TwilioCall

SNAPSHOT = {
    "capital": {"spent_usd": "0.000000"},
    "time": {"used_days": 0},
    "caps_before": {"capital_cap_usd": "1000.000000", "time_cap_days": 10},
}
PASSING = (
    *("staged_call", "staged_event", "staged_time_log", "staged_lead", "staged_charge"),
    *("staged_coverage", "staged_twilio_call"),
)
"""Emptied in the transaction that fills them."""


def fill(ledger: Ledger) -> None:
    """Commits what every table needs; one experiment runs, one has ended."""
    campaign = ledger.campaign()
    ended = ledger.running(campaign, moment(8), "Ended", qpc="5", calculator_installed="10")
    member = ledger.member(campaign=campaign)
    ledger.lead(campaign, 1)
    ledger.calls(campaign, Call(moment(9), 150, "Info", 1, member, "a"))
    ledger.events(campaign, Event(moment(9), "calculator_installed", 1, member, "a"))
    ledger.hours(Hours(member, date(2025, 3, 3)))
    ledger.map_charges(campaign)
    ledger.charges(Charge(date(2025, 3, 3), "40"))
    ledger.reverse("time_log", 1)
    ledger.move(ended, "complete")
    _details(ledger, campaign)
    ledger.running(campaign, None, "Running", qpc="5")
    _decisions(ledger, ended)
    _receipts(ledger)
    _pulls(Pulls(ledger))


def evaluate(ledger: Ledger, experiment: int, verdict: str = "pass", **other: object) -> int:
    """An evaluation with the caps in force; its id."""
    values: dict[str, object] = {
        "experiment_id": experiment,
        "capital_cap_usd": 1000,
        "time_cap_days": 10,
        "tranche_size_usd": 500,
        "verdict": verdict,
        "reason": "It sold.",
        "snapshot": SNAPSHOT,
        "as_of": moment(9),
        "admin_user_id": OWNER,
    } | other
    new = f"INSERT INTO evaluation ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))}) RETURNING id"
    bound = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
    return int(ledger.value(new, *bound))


def _details(ledger: Ledger, campaign: int) -> None:
    """A call and an event of an unknown number, with columns of their own."""
    for table, columns, values, record in (
        ("staged_call", "occurred_at, duration_s, outcome", (moment(10), 9, "Busy"), "record_calls(%s, %s, 'd', true)"),
        (
            "staged_event",
            "event_timestamp, event_type",
            (moment(10), "install_attended"),
            "record_events(%s, %s, true)",
        ),
    ):
        with ledger.connection.transaction():
            batch = ledger.value("SELECT next_batch()")
            marks = ", ".join(["%s"] * len(values))
            staged = f"INSERT INTO {table} (batch_id, line, phone_key, phone, metadata_json, {columns})"
            ledger.rows(f"{staged} VALUES (%s, 1, %s, '+12', '{{}}', {marks})", batch, phone(2), *values)
            ledger.rows(f"SELECT * FROM {record}", batch, campaign)
            ledger.rows("SELECT record_batch(%s, 'x', NULL, NULL, NULL, NULL, 1, 1, 0, 0, '[]', 1)", batch)


def _decisions(ledger: Ledger, ended: int) -> None:
    evaluation = evaluate(ledger, ended)
    override = "INSERT INTO override_log (evaluation_id, admin_user_id, rationale) VALUES (%s, 1, 'No.')"
    ledger.rows(override, evaluation)
    due = "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', %s, 'o@example.com', '{}')"
    for number, outcome in ((1, "sent"), (2, None)):
        notification = ledger.value(due + " RETURNING id", f"2025-W0{number}")
        attempt = (
            "INSERT INTO notification_attempt (notification_id, number, message_id) VALUES (%s, 1, 'm') RETURNING id"
        )
        attempted = ledger.value(attempt, notification)
        if outcome:
            said = "INSERT INTO notification_outcome (notification_id, attempt_id, outcome) VALUES (%s, %s, %s)"
            ledger.rows(said, notification, attempted, outcome)


def _receipts(ledger: Ledger) -> None:
    ledger.rows("INSERT INTO import_reject (batch_id, line, field, reason) VALUES (1, 1, 'x', 'bad')")
    ledger.rows("INSERT INTO import_profile (kind, name, mapping) VALUES ('calls', 'mine', '{}')")
    hashes = b"\x01" * 32
    seal = "INSERT INTO seal (previous_hash, root, hash, rows) VALUES (%s, %s, %s, 1) RETURNING id"
    made = ledger.value(seal, bytes(32), hashes, hashes)
    block = (
        "INSERT INTO seal_block (seal_id, table_name, first_id, last_id, rows, hash) VALUES (%s, 'call', 1, 1, 1, %s)"
    )
    ledger.rows(block, made, hashes)


def _pulls(pulls: Pulls) -> None:
    """A pull of calls that is done, and one of costs that was killed."""
    calls, costs = pulls.run(source="twilio-calls"), pulls.run()
    pulls.calls(calls, TwilioCall("CA1", phone="+13055550123"))
    for run in (calls, costs):
        pulls.step(run, "AC1", date(2025, 3, 3))
    pulls.end(calls)


def tables(ledger: Ledger) -> list[str]:
    """Every table of the schema, read from the catalogue."""
    found = ledger.rows(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'capdesk'::regnamespace AND relkind IN ('r', 'p')"
        " ORDER BY 1"
    )
    return [row[0] for row in found]


def content(ledger: Ledger) -> dict[str, Row]:
    """Rows and their hash, of every table."""
    count = "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM capdesk.{0} t"
    return {table: ledger.rows(count.format(table))[0] for table in tables(ledger)}
