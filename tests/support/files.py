"""Source files for imports, and what became of them."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.services.imports.job import ImportKind, Options
from capdesk.services.imports.load import import_file
from capdesk.services.imports.receipt import Receipt

CALLS = ("call_id", "started_at", "duration_s", "outcome", "lead_phone", "agent_email")
EVENTS = ("event_id", "event_type", "event_timestamp", "member_email", "lead_phone", "metadata")
HOURS = ("email", "date", "hours", "entry_id")
LEADS = ("name", "phone", "email", "city")
TEAM = ("name", "email", "role", "rate")
START = datetime(2026, 3, 1, tzinfo=UTC)
"""From then on the experiments of the import tests run."""

Rows = Sequence[Sequence[object]]


def call(number: object = "", at: str = "2026-03-02T15:00:00Z", seconds: int = 30, outcome: str = "Busy") -> list[str]:
    """A row of CALLS; without a number it has no id."""
    return [f"{number}", at, f"{seconds}", outcome, "+13055550123", "ana@example.com"]


def written(path: Path, header: Sequence[str], rows: Rows, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    return path


def imported(
    desk: Desk, kind: ImportKind, path: Path, campaign: str | None = "Spring", options: Options | None = None
) -> Receipt:
    """The receipt, after a look that the database agrees with it."""
    receipt = import_file(desk, kind, path, campaign=campaign, options=options or Options())
    assert receipt.read == receipt.landed + receipt.duplicate + receipt.rejected
    assert receipt.rejected == len(receipt.rejects)
    if receipt.batch is not None:
        assert rows(desk, f"SELECT read, landed, duplicate, rejected FROM import_batch WHERE id = {receipt.batch}") == [
            (receipt.read, receipt.landed, receipt.duplicate, receipt.rejected)
        ]
    return receipt


def counts(receipt: Receipt) -> tuple[int, int, int]:
    """(landed, duplicate, rejected)"""
    return receipt.landed, receipt.duplicate, receipt.rejected


def rows(desk: Desk, query: str) -> list[Any]:
    return desk.read(lambda session: [tuple(row) for row in session.execute(text(query))])


def size(desk: Desk) -> dict[str, int]:
    """How many rows there are of each kind of fact, and staged ones."""
    tables = (
        *("call", "call_detail", "explicit_event", "event_tally", "bonus_event", "cost_rollup", "time_log", "lead"),
        *("team_member", "provider_charge", "import_profile", "import_batch", "import_reject"),
        *("staged_call", "staged_event", "staged_lead", "staged_time_log", "staged_charge"),
    )
    return {table: rows(desk, f"SELECT count(*) FROM {table}")[0][0] for table in tables}
