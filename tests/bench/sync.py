"""How long a first pull takes against the bare clients reading the same pages and throwing them away.

Twilio: 20 subaccounts, each with a year of daily usage in eight categories and 137 calls a day, about 1,000,000 in all,
with their recordings. Google Cloud: a billing export of 400,000 rows, ten to a grain and day. The local
providers serve from a process of their own; the reader and the puller are timed in one each, the puller from
opening the source to the last seal on a fresh embedded database. Then the same pull once more, which writes nothing.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from capdesk.bootstrap import Desk, call_source, cost_source, open_desk
from capdesk.services.connections import save_connection
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_generated import GeneratedCalls
from capdesk.services.providers.local.twilio_records import account_record, made_sid, usage_day
from capdesk.services.secrets import secret_name, variable
from capdesk.services.sync import sync

ACCOUNTS, DAYS, CALLS_A_DAY, EXPORT_ROWS, ROWS_A_GRAIN = 20, 365, 137, 400_000, 10
MOST_RATIO, MOST_MB, MOST_EXPORT_S = 1.3, 250, 15
MAIN, TOKEN = made_sid("AC", "main"), "a-token-of-the-measure"
BELOW = [made_sid("AC", number) for number in range(ACCOUNTS)]
PROJECT = "bench"
TABLE = f"{PROJECT}.billing.gcp_billing_export_v1_0A1B2C_3D4E5F_678901"
LAST = datetime.now(UTC).date() - timedelta(days=1)
FIRST = LAST - timedelta(days=DAYS - 1)
_PARTS = (
    "calls",
    "calls-outbound",
    "calls-recordings",
    "answering-machine-detection",
    "phonenumbers",
    "sms",
    "recordings",
)
_WRITTEN = text(
    "SELECT (SELECT count(*) FROM provider_charge) + (SELECT count(*) FROM cost_rollup)"
    " + (SELECT count(*) FROM twilio_call) + (SELECT count(*) FROM import_batch)"
)


def main() -> None:
    with _process("serve") as urls:
        bare = _measured("bare", urls["twilio"])
        with tempfile.TemporaryDirectory() as folder:
            found = _measured("pull", folder, urls["twilio"], urls["bigquery"])
    ratio = found["twilio"] / bare["seconds"]
    print(f"sync: {bare['usage']:,} usage records and {bare['calls']:,} calls of {ACCOUNTS} subaccounts, one year;")
    print(f"      {EXPORT_ROWS:,} billing-export rows into {found['charges'] - ACCOUNTS * DAYS:,} charges")
    print(f"{'':>8} {'bare client':>12} {'first pull':>11} {'ratio':>6} {'again':>8} {'memory':>10}")
    first, again = f"{found['twilio']:>10.1f}s", f"{found['twilio_again']:>7.1f}s"
    print(f"{'Twilio':>8} {bare['seconds']:>11.1f}s {first} {ratio:>5.2f}× {again} {found['memory']:>7} MB")
    print(f"{'Google':>8} {'—':>12} {found['gcp']:>10.1f}s {'':>6} {found['gcp_again']:>7.1f}s")
    reached = ratio <= MOST_RATIO and found["memory"] <= MOST_MB and found["gcp"] <= MOST_EXPORT_S
    answer = "yes" if reached and not found["written_again"] else "NO"
    goal = f"{MOST_RATIO} ×, {MOST_MB} MB, {MOST_EXPORT_S} s for the export, 0 rows written again"
    print(f"the second pull wrote {found['written_again']} rows; to reach: {goal}, {answer}")


def serve() -> None:
    """The providers, until nobody listens any more."""
    calls = GeneratedCalls(7, BELOW, FIRST, DAYS, CALLS_A_DAY)
    usage = [
        record for account in BELOW for day in range(DAYS) for record in _usage(account, FIRST + timedelta(days=day))
    ]
    below = [account_record(sid, f"Account {number}") for number, sid in enumerate(BELOW)]
    twilio = LocalTwilio(MAIN, TOKEN, subaccounts=below, usage=usage, calls=calls, recordings=calls.recordings)
    with twilio, LocalBigQuery({TABLE: ExportTable(_export())}) as bigquery:
        print(json.dumps({"twilio": twilio.url, "bigquery": bigquery.url}), flush=True)
        sys.stdin.read()


def _usage(account: str, day: date) -> list[dict[str, Any]]:
    parts: dict[str, Decimal | str] = {name: Decimal(day.toordinal() % 97 + at) / 100 for at, name in enumerate(_PARTS)}
    return usage_day(account, day, sum((Decimal(part) for part in parts.values()), Decimal(0)), parts)


def _export() -> Iterator[dict[str, Any]]:
    for number in range(EXPORT_ROWS):
        grain = number // ROWS_A_GRAIN
        day = LAST - timedelta(days=grain % 30)
        yield {
            "billing_account_id": "0A1B2C-3D4E5F-678901",
            "service": {"id": f"S{grain % 17}", "description": "Compute"},
            "sku": {"id": f"K{grain // 30}", "description": "Core"},
            "usage_start_time": f"{day} {number % ROWS_A_GRAIN:02}:00:00 UTC",
            "project": {"id": f"p{grain % 11}", "labels": []},
            "labels": [{"key": "campaign", "value": f"c{grain % 5}"}],
            "cost": (number % 1000) / 1000 + 0.000123,
            "currency": "USD",
            "credits": [{"name": "c", "amount": -0.0001}] if number % 3 else [],
            "invoice": {"month": f"{day:%Y%m}"},
            "cost_type": "regular",
            "export_time": f"{day} 20:00:00 UTC",
        }


def bare(url: str) -> None:
    """The client alone: every page the puller reads, and nothing done with it."""
    from twilio.http.http_client import TwilioHttpClient  # noqa: PLC0415
    from twilio.rest import Client  # noqa: PLC0415

    http = TwilioHttpClient(timeout=60)
    http.session.trust_env = False
    client = Client(MAIN, TOKEN, http_client=http)
    client.api.base_url = url
    begun, usage, calls = time.perf_counter(), 0, 0
    for account in BELOW:
        its = client.api.v2010.accounts(account)
        daily = its.usage.records.daily
        usage += sum(
            1 for _ in daily.stream(start_date=FIRST, end_date=LAST, include_subaccounts=False, page_size=1000)
        )
        since, before = FIRST, LAST + timedelta(days=1)
        while since < before:
            until = min(since + timedelta(days=31), before)
            start, end = _midnight(since), _midnight(until)
            sum(1 for _ in its.recordings.stream(date_created_after=start, date_created_before=end, page_size=1000))
            calls += sum(1 for _ in its.calls.stream(start_time_after=start, start_time_before=end, page_size=1000))
            since = until
    print(json.dumps({"seconds": time.perf_counter() - begun, "usage": usage, "calls": calls}))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def pull(folder: str, twilio: str, bigquery: str) -> None:
    """The measured process: seconds of each pull, and megabytes after the first of Twilio's."""
    found: dict[str, Any] = {}
    with open_desk(Path(folder), zone="America/New_York") as desk:
        settings = {"query_project": PROJECT, "credentials": "adc"}
        desk.write(lambda session: save_connection(session, "twilio", MAIN, base_url=twilio))
        desk.write(lambda session: save_connection(session, "gcp", TABLE, base_url=bigquery, settings=settings))
        found["twilio"] = _seconds(partial(_sync, desk, ["twilio", "twilio-calls"]))
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found["gcp"] = _seconds(partial(_sync, desk, ["gcp"]))
        written = desk.read(lambda session: session.scalar(_WRITTEN)) or 0
        found["charges"] = desk.read(lambda session: session.scalar(text("SELECT count(*) FROM provider_charge")))
        found["twilio_again"] = _seconds(partial(_sync, desk, ["twilio", "twilio-calls"]))
        found["gcp_again"] = _seconds(partial(_sync, desk, ["gcp"]))
        found["written_again"] = (desk.read(lambda session: session.scalar(_WRITTEN)) or 0) - written
    print(json.dumps(found))


def _sync(desk: Desk, sources: list[str]) -> None:
    report = sync(
        desk,
        sources=sources,
        since=FIRST,
        open_source=partial(cost_source, desk),
        open_calls=partial(call_source, desk),
    )
    if report.failed:
        sys.exit(str([one.detail for one in report.pulls]))
    desk.seal()


def _seconds(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


@contextlib.contextmanager
def _process(*arguments: str) -> Iterator[dict[str, Any]]:
    """A process of this module that says one line of JSON and lives as long as it is listened to."""
    command = [sys.executable, "-m", "tests.bench.sync", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.terminate()


def _measured(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.sync", *arguments]
    environ = {**os.environ, variable(secret_name("twilio", MAIN)): TOKEN}
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ).stdout
    found: dict[str, Any] = json.loads(said)
    return found


if __name__ == "__main__":
    part, *rest = sys.argv[1:]
    if part == "serve":
        serve()
    elif part == "bare":
        bare(*rest)
    else:
        pull(*rest)
