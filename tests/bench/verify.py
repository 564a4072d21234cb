"""How long sealing and `capdesk verify` take over 100,000 and 1,000,000 calls with their bonuses and ledger rows."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text

from capdesk.services.database import schema
from capdesk.services.database.embedded import Connection
from capdesk.services.database.seals import seal
from capdesk.services.database.session import make_engine
from tests.support.server import temporary_server

SIZES = (100_000, 1_000_000)
MOST_SECONDS = 10
"""To reach, for a million ledger rows."""

# One experiment pays for each qpc; a third of the calls reach a lead that is not known.
_CAMPAIGN = """
SELECT create_desk('America/New_York', 'Owner', NULL, '\\x00');
INSERT INTO product (name) VALUES ('Bench');
INSERT INTO campaign (product_id, name, owner_user_id, status) VALUES (1, 'Bench', 1, 'active');
INSERT INTO team_member (name, email) SELECT 'M' || n, 'm' || n || '@example.com' FROM generate_series(1, 20) n;
INSERT INTO experiment (campaign_id, name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd,
                        primary_success_event)
VALUES (1, 'Scripts', 'h', 900000, 500, 900, 'qpc');
INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd) VALUES (1, 'qpc', 1.5);
SELECT transition_experiment(1, 'start', now() - interval '400 days', 1);
INSERT INTO lead (campaign_id, phone_key, created_at)
SELECT 1, md5(n::text)::uuid, now() FROM generate_series(1, 40000) n;
INSERT INTO lead_status (lead_id, status, recorded_at) SELECT id, 'active', created_at FROM lead ORDER BY id
"""
_CALLS = """
SELECT next_batch();
INSERT INTO staged_call (batch_id, line, source_id, occurred_at, duration_s, outcome, phone_key, team_member_id)
SELECT 1, n, 'CA' || md5(n::text), now() - interval '390 days' + n * interval '30 seconds', n % 397,
       (enum_range(NULL::call_outcome))[1 + n % 7], md5((n % 60000)::text)::uuid, 1 + n % 20
FROM generate_series(1, :calls) n;
SELECT count(*) FROM record_calls(1, 1, 'dialer', true);
SELECT record_batch(1, 'calls', NULL, NULL, NULL, 1, :calls, :calls, 0, 0, '[]', 1)
"""


@dataclass(frozen=True)
class Measured:
    """Seconds; `verify` is the whole command."""

    calls: int
    rows: int
    seal: float
    verify: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, temporary_server(Path(folder) / "desk") as reach:
        measured = [_measure(reach, Path(folder), calls) for calls in SIZES]
    print("verify: 100,000 and 1,000,000 calls, with what follows from them")
    print(f"{'calls':>10} {'ledger rows':>12} {'seal':>8} {'verify':>8} {'per 1M rows':>12}")
    for one in measured:
        million = one.verify / one.rows * 1_000_000
        print(f"{one.calls:>10,} {one.rows:>12,} {one.seal:>7.2f}s {one.verify:>7.2f}s {million:>11.2f}s")
    growth = measured[1].verify / measured[0].verify
    reached = measured[1].verify / measured[1].rows * 1_000_000
    answer = "yes" if reached <= MOST_SECONDS else "NO"
    print(f"{growth:.1f} × the time for 10 × the rows; to reach: {MOST_SECONDS} s for a million rows, {answer}")


def _measure(reach: Connection, folder: Path, calls: int) -> Measured:
    name = f"bench_{calls}"
    server = create_engine(_url(reach, "postgres", admin=True), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    admin = make_engine(_url(reach, name, admin=True))
    schema.prepare(admin, reach.app_password)
    with admin.begin() as connection:
        for statement in (_CAMPAIGN + ";" + _CALLS).split(";\n"):
            connection.execute(text(statement), {"calls": calls} if ":calls" in statement else {})
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    sealing = _seconds(lambda: seal(admin))
    with admin.connect() as connection:
        rows = int(connection.scalar(text("SELECT sum(rows)::bigint FROM seal")) or 0)
    admin.dispose()
    address = _url(reach, name, admin=False).render_as_string(hide_password=False)
    command = [sys.executable, "-m", "capdesk", "--desk", str(folder), "--database-url", address, "verify"]
    return Measured(
        calls, rows, sealing, _seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    )


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _url(reach: Connection, database: str, *, admin: bool) -> URL:
    user, password = (reach.admin_user, reach.admin_password) if admin else ("capdesk_app", reach.app_password)
    query = {"host": reach.host, "port": str(reach.port)}
    return URL.create("postgresql+psycopg", username=user, password=password, database=database, query=query)
