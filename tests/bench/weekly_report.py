"""How long the weekly report takes over a tenth of a history and over all of it: 5 years, 10 campaigns, 5,000,000
events, 200,000 ledger rows.

The history is written by the server's superuser with the moments each row would have been recorded at; the tallies are
those `record_calls` would have left. The report is then asked for as the application asks for it.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Engine, create_engine, text

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database import schema
from capdesk.services.database.embedded import Connection
from capdesk.services.database.session import make_engine
from capdesk.services.reports.weekly_report import weekly_report
from tests.support.server import temporary_server

ZONE = "America/New_York"
FULL_DAYS = 1826
ROUNDS = 7

# In each campaign one experiment runs at a time; each lasts half a year, the newest one is still running. A day of a
# campaign: 5 time logs, 4 bonuses, a Twilio charge and a Google charge of which one account stays unmapped.
_HISTORY = """
SET session_replication_role = replica;
ALTER TABLE experiment DISABLE TRIGGER USER;
ALTER TABLE experiment_run DISABLE TRIGGER USER;
INSERT INTO product (name) VALUES ('Bench');
INSERT INTO campaign (product_id, name, owner_user_id, status)
SELECT 1, 'Campaign ' || c, 1, 'active' FROM generate_series(1, 10) c;
CREATE TEMP TABLE stretch AS
SELECT c AS campaign, 'Experiment ' || n AS name, n = (days - 1) / 182 AS newest,
       today - days + n * 182 AS first_day, least(today - days + n * 182 + 182, today) AS end_day
FROM (SELECT :days AS days, (now() AT TIME ZONE :zone)::date AS today) d, generate_series(1, 10) c,
     LATERAL generate_series(0, (days - 1) / 182) n;
INSERT INTO experiment (campaign_id, name, hypothesis, status, start_date, end_date, capital_cap_usd, time_cap_days,
                        tranche_size_usd, primary_success_event, created_at)
SELECT campaign, name, 'h', (CASE WHEN newest THEN 'running' ELSE 'completed' END)::experiment_status_name, first_day,
       CASE WHEN NOT newest THEN end_day END, 200000, 200, 10000, 'qpc', first_day::timestamptz
FROM stretch s ORDER BY campaign, s.first_day;
INSERT INTO experiment_run (experiment_id, campaign_id, started_at, start_recorded_at, started_by, ended_at,
                            end_recorded_at, ended_by)
SELECT e.id, campaign, first_day, first_day, 1, e.end_date, e.end_date, CASE WHEN NOT newest THEN 1 END
FROM stretch s JOIN experiment e ON e.campaign_id = campaign AND e.name = s.name;
INSERT INTO experiment_transition (experiment_id, action, status, occurred_at, recorded_at, admin_user_id, rules)
SELECT experiment_id, 'start', 'running', started_at, start_recorded_at, 1, '{}' FROM experiment_run;
INSERT INTO experiment_transition (experiment_id, action, status, occurred_at, recorded_at, admin_user_id, rules)
SELECT experiment_id, 'complete', 'completed', ended_at, end_recorded_at, 1, '{}'
FROM experiment_run WHERE ended_at IS NOT NULL;
CREATE TEMP TABLE day AS
SELECT e.id AS experiment, campaign, d::date AS date, d + interval '1 day 11 hours' AS recorded_at
FROM stretch s JOIN experiment e ON e.campaign_id = campaign AND e.name = s.name,
     LATERAL generate_series(first_day, end_day - 1, interval '1 day') d;
INSERT INTO event_tally (campaign_id, experiment_id, date, event_type, attribution, count, last_event_at, recorded_at,
                         batch_id)
SELECT campaign, experiment, date, kind::event_type, 'run', n, date + interval '20 hours', recorded_at, 1
FROM day, (VALUES ('dial_attempt', 200), ('conversation', 55), ('qpc', 11), ('install_scheduled', 4),
                  ('install_attended', 2), ('calculator_installed', 1), ('paid_conversion', 1)) kinds (kind, n)
ORDER BY recorded_at, campaign;
INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, time_log_id, recorded_at)
SELECT date, campaign, CASE WHEN n < 5 THEN experiment END, 'labor', 20.25 * n, 1, recorded_at
FROM day, generate_series(1, 5) n ORDER BY recorded_at, campaign;
INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, bonus_event_id, recorded_at)
SELECT date, campaign, experiment, 'bonus', 7.5, 1, recorded_at
FROM day, generate_series(1, 4) ORDER BY recorded_at, campaign;
INSERT INTO provider_charge (provider, account, usage_date, project, invoice_month, grain_key, amount_usd, stated_usd,
                             batch_id, recorded_at)
SELECT p::provider_name, 'A' || campaign, date, CASE p WHEN 'gcp' THEN 'p' || campaign END,
       CASE p WHEN 'gcp' THEN to_char(date, 'YYYYMM') END, gen_random_uuid(), 12.345678, 12.345678, 1, recorded_at
FROM day, (VALUES ('twilio'), ('gcp')) p (p) ORDER BY recorded_at, campaign;
INSERT INTO cost_rollup (date, campaign_id, experiment_id, source, cost_usd, charge_id, recorded_at)
SELECT date, campaign, experiment, c.provider::text::cost_source, amount_usd, c.id, c.recorded_at
FROM provider_charge c JOIN day ON usage_date = date AND account = 'A' || campaign
WHERE (provider, campaign) <> ('gcp', 10) ORDER BY c.id;
INSERT INTO seal (previous_hash, root, hash, rows, recorded_at)
SELECT sha256((n - 1)::text::bytea), sha256('r'), sha256(n::text::bytea), 1000, now() - n * interval '1 day'
FROM generate_series(1, :days) n;
SET session_replication_role = DEFAULT;
"""


@dataclass(frozen=True)
class Measured:
    """Seconds: the report inside a running program, and a whole `capdesk report weekly`."""

    events: int
    rollups: int
    report: float
    process: float


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder, temporary_server(Path(folder) / "server") as reach:
        tenth = _measured(reach, "tenth", FULL_DAYS // 10, Path(folder))
        full = _measured(reach, "whole", FULL_DAYS, Path(folder))
    lines = ["weekly report             1/10 size   full size   ratio"]
    lines += [f"  events                 {tenth.events:>10,}  {full.events:>10,}"]
    lines += [f"  ledger rows            {tenth.rollups:>10,}  {full.rollups:>10,}"]
    for name, one, ten in (("report", tenth.report, full.report), ("whole process", tenth.process, full.process)):
        lines.append(f"  {name:<22} {one * 1000:>7.0f} ms  {ten * 1000:>7.0f} ms   {ten / one:.1f} x")
    lines.append("  to reach: whole report <= 1,000 ms at full size; <= 3 x when the data grows 10 x")
    sys.stdout.write("\n".join(lines) + "\n")


def _measured(reach: Connection, name: str, days: int, folder: Path) -> Measured:
    admin = create_engine(_url(reach, "postgres", reach.admin_user, reach.admin_password))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    admin = create_engine(_url(reach, name, reach.admin_user, reach.admin_password))
    schema.prepare(admin, reach.app_password)
    counts = _fill(admin, days)
    admin.dispose()
    url = _url(reach, name, "capdesk_app", reach.app_password)
    with Desk(folder, SystemClock(), make_engine(url), ZoneInfo(ZONE), 1) as desk:
        assert len(weekly_report(desk).rows) >= 10
        report = _median(lambda: weekly_report(desk))
    address = url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "capdesk", "--database-url", address, "report", "weekly"]
    process = _median(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    return Measured(*counts, report, process)


def _fill(admin: Engine, days: int) -> tuple[int, int]:
    """Writes the history; returns how many events and ledger rows it has."""
    with admin.begin() as connection:
        connection.execute(text("SET search_path = capdesk"))
        connection.execute(text(f"SELECT create_desk('{ZONE}', 'Owner', NULL, '\\x00')"))
        for statement in _HISTORY.split(";\n"):
            if statement.strip():
                connection.execute(text(statement), {"days": days, "zone": ZONE} if ":days" in statement else {})
        counted = text("SELECT (SELECT sum(count) FROM event_tally), (SELECT count(*) FROM cost_rollup)")
        events, rollups = connection.execute(counted).one()
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return int(events), int(rollups)


def _median(action: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _url(reach: Connection, database: str, user: str, password: str) -> URL:
    query = {"host": reach.host, "port": str(reach.port)}
    return URL.create("postgresql+psycopg", username=user, password=password, database=database, query=query)
