"""Pulls as the log keeps them: a run, what was complete of each account, and how it ended."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models import SyncOutcome, SyncRun, SyncStep


def pulled(
    desk: Desk,
    connection: int,
    source: str,
    through: Mapping[str, date],
    *,
    first: date | None = None,
    error: str | None = None,
    ended: bool = True,
) -> int:
    """A run that brought each account's costs up to a day, each step committed on its own; the run's id."""

    def begin(session: Session) -> int:
        values = {"connection_id": connection, "source": source}
        return session.scalars(insert(SyncRun).values(**values).returning(SyncRun.id)).one()

    run = desk.write(begin)
    for account, last in through.items():
        step = {"run_id": run, "account": account, "first_day": min(first or last, last), "through": last}
        figures = {"rows": 1, "landed": 0, "difference_usd": Decimal(0)}
        desk.write(lambda session, v={**step, **figures}: session.execute(insert(SyncStep).values(**v)))  # type: ignore[misc]
    if ended:
        outcome = {"run_id": run, "outcome": "failed" if error else "done", "detail": error or ""}
        desk.write(lambda session: session.execute(insert(SyncOutcome).values(**outcome)))
    return run
