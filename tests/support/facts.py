"""Facts recorded as the application records them, without a file: hours, events, calls, provider charges."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database.embedded import Lease
from capdesk.services.database.session import make_engine
from tests.conftest import ZONE, admin_statement, app_url

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Facts:
    """Each method records in one transaction of its own."""

    desk: Desk

    def hours(self, member: int, day: date, hours: str = "4") -> int:
        """Returns the time log's id."""
        self._record(
            "time_log",
            {"team_member_id": member, "date": day, "hours_logged": hours},
            "record_time_logs(:batch, NULL, true)",
        )
        return self._newest("time_log")

    def event(self, campaign: int, kind: str, at: datetime, member: int | None = None) -> int:
        """Returns the number of the performance event."""
        values = {"event_type": kind, "event_timestamp": at, "team_member_id": member}
        self._record("event", values, f"record_events(:batch, {campaign}, true)")
        return self._newest("explicit_event") * 4

    def events(self, campaign: int, kind: str, moments: list[datetime]) -> None:
        """Many at once, as a file brings them."""
        rows = [{"event_type": kind, "event_timestamp": at} for at in moments]
        self._record_all("event", rows, f"record_events(:batch, {campaign}, false)")

    def call(
        self, campaign: int, at: datetime, outcome: str = "No Answer", seconds: int = 20, member: int | None = None
    ) -> int:
        """Returns the call's id."""
        values = {"occurred_at": at, "outcome": outcome, "duration_s": seconds, "team_member_id": member}
        self._record("call", values, f"record_calls(:batch, {campaign}, 'dialer', true)")
        return self._newest("call")

    def charge(self, day: date, usd: str, *, account: str = "AC1", **grain: Any) -> None:
        """A Twilio day; with `project` and more, a Google grain. `usd` is the whole cost as stated now."""
        google = {"provider": "gcp", "invoice_month": f"{day:%Y%m}"} if grain else {"provider": "twilio"}
        values = {**google, "account": account, "usage_date": day, "stated_usd": usd, **grain}
        self._record("charge", values, "record_charges(:batch)")

    def map(self, provider: str, campaign: int | None, **names: str) -> None:
        values = {"provider": provider, "account": None, "project": None, "label": None, **names}
        self._run(
            "SELECT map_charges(CAST(:provider AS provider_name), :account, :project, :label, :campaign, 1)",
            {**values, "campaign": campaign},
        )

    def reverse(self, what: str, number: int) -> None:
        """`event`, `call` or `time_log`."""
        self._run(f"SELECT reverse_{what}(:number, 'typed twice', 1)", {"number": number})

    def _record(self, kind: str, values: dict[str, Any], function: str) -> None:
        self._record_all(kind, [values], function)

    def _record_all(self, kind: str, rows: list[dict[str, Any]], function: str) -> None:
        def record(session: Session) -> list[Any]:
            batch = session.scalar(text("SELECT next_batch()"))
            names = list(rows[0])
            staged = text(
                f"INSERT INTO staged_{kind} (batch_id, line, {', '.join(names)})"
                f" VALUES (:batch, :line, {', '.join(map(_placeholder, names))})"
            )
            session.execute(staged, [{**row, "batch": batch, "line": line} for line, row in enumerate(rows, 2)])
            unlanded = [row for row in session.execute(text(f"SELECT * FROM {function}"), {"batch": batch}) if row[0]]
            session.execute(
                text(
                    "SELECT record_batch(:batch, :kind, NULL, NULL, NULL, NULL, :read, :landed, :duplicate, 0, '[]', 1)"
                ),
                {
                    "batch": batch,
                    "kind": kind,
                    "read": len(rows),
                    "landed": len(rows) - len(unlanded),
                    "duplicate": len(unlanded),
                },
            )
            return unlanded

        assert not [row for row in self.desk.write(record) if row[1] == "rejected"]

    def _newest(self, table: str) -> int:
        return int(self.desk.read(lambda session: session.scalar(text(f"SELECT max(id) FROM {table}"))) or 0)

    def _run(self, statement: str, values: dict[str, Any]) -> None:
        self.desk.write(lambda session: session.execute(text(statement), values))


_ENUMS = {"event_type": "event_type", "outcome": "call_outcome", "provider": "provider_name"}


def _placeholder(name: str) -> str:
    return f"CAST(:{name} AS {_ENUMS[name]})" if name in _ENUMS else f":{name}"


@contextmanager
def fresh_desk(server: Lease, folder: Path) -> Iterator[Desk]:
    """A desk on a new database, for each example of a property."""
    name = f"example_{next(_numbers)}"
    admin_statement(server, f"CREATE DATABASE {name} TEMPLATE capdesk_template")
    with Desk(folder, SystemClock(), make_engine(app_url(server, name)), ZoneInfo(ZONE), 1) as desk:
        yield desk
    admin_statement(server, f"DROP DATABASE {name} WITH (FORCE)")
