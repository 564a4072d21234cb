"""What the ledger and the tallies hold, for tests of what moves them."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from capdesk.bootstrap import Desk

Cost = tuple[date, int, int | None, str, Decimal]


def costs(desk: Desk) -> list[Cost]:
    """Every row of the ledger: date, campaign, experiment, source, dollars."""
    return [
        tuple(row) for row in _rows(desk, "date, campaign_id, experiment_id, source::text, cost_usd", "cost_rollup")
    ]


def counts(desk: Desk) -> dict[tuple[int | None, str], int]:
    """Net counts by experiment and event type; what is reversed to nothing is a zero."""
    rows = _rows(desk, "experiment_id, event_type::text, count::int", "event_tally")
    found: dict[tuple[int | None, str], int] = {}
    for experiment, kind, count in rows:
        found[experiment, kind] = found.get((experiment, kind), 0) + count
    return found


def batches(desk: Desk) -> list[Any]:
    """Kind, read, landed, campaign and warnings of every recording."""
    return [tuple(row) for row in _rows(desk, "kind, read, landed, campaign_id, warnings", "import_batch")]


def bonuses(desk: Desk) -> list[Decimal]:
    return [row[0] for row in _rows(desk, "bonus_amount_usd", "bonus_event")]


def _rows(desk: Desk, columns: str, table: str) -> list[Any]:
    query = text(f"SELECT {columns} FROM {table} ORDER BY id")
    return list(desk.read(lambda session: session.execute(query).all()))
