"""How long a million calls take from a CSV file into sealed facts, against a raw COPY of the same file.

The file has 1,000,000 calls with ids, of 10 agents and 50,000 known leads, one in 10 of them a Schedule; an experiment
runs and pays for each paid conversion. Each round has a fresh database. The import is timed in a process of its own
from opening the file to the last seal, so that its memory is that of an importer alone. COPY is timed from opening the
file to its commit, into a table that has the file's columns and nothing else: no key, no rule.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import URL, create_engine, text

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database import schema
from capdesk.services.database.embedded import Connection
from capdesk.services.database.session import make_engine
from capdesk.services.imports.load import import_file
from tests.support.server import temporary_server

CALLS = 1_000_000
LEADS = 50_000
ROUNDS = 3
MOST, AIM, MOST_MB = 12, 8, 300
ZONE = "America/New_York"
_OUTCOMES = ("No Answer",) * 3 + ("Busy", "Wrong #", "Not Interested", "Not Interested", "Callback", "Info", "Schedule")
_SETUP = f"""
SELECT create_desk('{ZONE}', 'Owner', NULL, '\\x6b6b');
INSERT INTO product (name) VALUES ('Bench');
INSERT INTO campaign (product_id, name, owner_user_id, status) VALUES (1, 'Bench', 1, 'active');
INSERT INTO team_member (name, email) SELECT 'M' || n, 'agent' || n || '@example.com' FROM generate_series(0, 9) n;
INSERT INTO experiment (campaign_id, name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd,
                        primary_success_event)
VALUES (1, 'Scripts', 'h', 900000, 500, 900, 'qpc');
INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd) VALUES (1, 'paid_conversion', 25);
SELECT transition_experiment(1, 'start', timestamptz '2026-01-01 00:00Z', 1)
"""

_PLAIN = """
DROP TABLE IF EXISTS raw;
CREATE TABLE raw (call_id text, started_at timestamptz, duration_s integer, outcome text, lead_phone text,
                  agent_email text)
"""


@dataclass(frozen=True)
class Round:
    """Seconds, and megabytes of the importer."""

    copy: float
    load: float
    seal: float
    memory: int

    @property
    def ratio(self) -> float:
        return (self.load + self.seal) / self.copy


def main() -> None:
    with tempfile.TemporaryDirectory() as name, temporary_server(Path(name) / "desk") as reach:
        folder = Path(name)
        calls, leads = write_calls(folder / "calls.csv"), write_leads(folder / "leads.csv")
        _prepare(reach, folder, leads)
        rounds = [_round(reach, folder, calls, number) for number in range(ROUNDS)]
    print(f"import_calls: {CALLS:,} calls from CSV, every rule enforced, sealed")
    print(f"{'raw COPY':>10} {'import':>8} {'seal':>8} {'ratio':>7} {'memory':>9}")
    for one in rounds:
        print(f"{one.copy:>9.2f}s {one.load:>7.2f}s {one.seal:>7.2f}s {one.ratio:>6.1f}× {one.memory:>6} MB")
    ratio, memory = statistics.median(one.ratio for one in rounds), max(one.memory for one in rounds)
    answer = "yes" if ratio <= MOST and memory <= MOST_MB else "NO"
    print(f"{ratio:.1f} × raw COPY, {memory} MB; to reach: {MOST} × (aiming at {AIM}) and {MOST_MB} MB, {answer}")


def write_calls(path: Path, calls: int = CALLS, first: int = 0) -> Path:
    """A file of so many calls, ten seconds apart; `first` is the number of the first."""
    start = datetime(2026, 1, 2, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write("call_id,started_at,duration_s,outcome,lead_phone,agent_email\n")
        for n in range(first, first + calls):
            at = (start + timedelta(seconds=10 * n)).strftime("%Y-%m-%dT%H:%M:%SZ")
            who = f"{_phone(n * 17 % LEADS)},agent{n % 10}@example.com"
            file.write(f"c-{n:08},{at},{n * 7919 % 400},{_OUTCOMES[n * 31 % 10]},{who}\n")
    return path


def write_leads(path: Path) -> Path:
    rows = (f"Lead {n},{_phone(n)}\n" for n in range(LEADS))
    path.write_text("name,phone\n" + "".join(rows), encoding="utf-8")
    return path


def _phone(number: int) -> str:
    return f"+1{2012000000 + number}"


def _prepare(reach: Connection, folder: Path, leads: Path) -> None:
    """A database that each round copies."""
    _server(reach, "CREATE DATABASE bench")
    admin = make_engine(_url(reach, "bench", admin=True))
    schema.prepare(admin, reach.app_password)
    with admin.begin() as connection:
        for statement in _SETUP.split(";\n"):
            connection.execute(text(statement))
    admin.dispose()
    with _desk(_url(reach, "bench", admin=False), folder) as desk:
        import_file(desk, "leads", leads, campaign="Bench")
    admin = make_engine(_url(reach, "bench", admin=True)).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    admin.dispose()


def _round(reach: Connection, folder: Path, calls: Path, number: int) -> Round:
    name = f"bench_{number}"
    _server(reach, f"CREATE DATABASE {name} TEMPLATE bench")
    _server(reach, f"ALTER DATABASE {name} SET search_path = capdesk")
    copy = min(_raw_copy(reach, calls) for _ in range(2))
    address = _url(reach, name, admin=False).render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.bench.import_calls", address, str(folder), str(calls)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    _server(reach, f"DROP DATABASE {name}")
    return Round(copy, **json.loads(said))


def _raw_copy(reach: Connection, calls: Path) -> float:
    with psycopg.connect(**reach.as_admin()) as connection, connection.cursor() as cursor:
        cursor.execute(_PLAIN)
        connection.commit()

        def load() -> None:
            with calls.open("rb") as file, cursor.copy("COPY raw FROM STDIN (FORMAT csv, HEADER)") as copying:
                while block := file.read(1 << 20):
                    copying.write(block)
            connection.commit()

        return _seconds(load)


def importer(address: str, folder: str, calls: str) -> None:
    """The measured process: prints its seconds and megabytes."""
    from capdesk.services.database.address import parsed_url  # noqa: PLC0415 - the measure's own process has no need of it

    with _desk(parsed_url(address), Path(folder)) as desk:
        load = _seconds(lambda: import_file(desk, "calls", Path(calls), campaign="Bench"))
        seal = _seconds(desk.seal)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"load": load, "seal": seal, "memory": memory}))


def _desk(url: URL, folder: Path) -> Desk:
    return Desk(folder, SystemClock(), make_engine(url), ZoneInfo(ZONE), 1)


def _server(reach: Connection, statement: str) -> None:
    server = create_engine(_url(reach, "postgres", admin=True), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _url(reach: Connection, database: str, *, admin: bool) -> URL:
    user, password = (reach.admin_user, reach.admin_password) if admin else ("capdesk_app", reach.app_password)
    query = {"host": reach.host, "port": str(reach.port)}
    return URL.create("postgresql+psycopg", username=user, password=password, database=database, query=query)


if __name__ == "__main__":
    importer(*sys.argv[1:])
