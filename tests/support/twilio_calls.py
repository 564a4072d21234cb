"""Calls as Twilio tells of them and as files bring them, recorded as the application records them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models import staged_twilio_call
from capdesk.services.providers.pull import TwilioCallState
from capdesk.services.providers.pull_fakes import call_state

ANA, BEN = UUID(int=1), UUID(int=2)


def sid(number: int) -> str:
    return f"CA{number:031x}a"


def state(number: int, at: datetime, **changes: Any) -> TwilioCallState:
    return call_state(sid(number), "AC1", at, **{"phone_key": ANA, "phone": "+13055550123", **changes})


def told(desk: Desk, *states: TwilioCallState) -> None:
    """Records the calls as a pull does."""

    def record(session: Session) -> None:
        connection = session.scalar(
            text(
                "INSERT INTO connection (provider, account) VALUES ('twilio', 'AC1')"
                " ON CONFLICT (provider, account) DO UPDATE SET active = true RETURNING id"
            )
        )
        run = session.scalar(
            text("INSERT INTO sync_run (connection_id, source) VALUES (:id, 'twilio-calls') RETURNING id"),
            {"id": connection},
        )
        rows = [
            {"batch_id": run, "line": line, **{name: getattr(one, name) for name in TwilioCallState.__slots__}}
            for line, one in enumerate(states, 1)
        ]
        session.execute(insert(staged_twilio_call), rows)
        session.execute(text("SELECT record_twilio_calls(:run)"), {"run": run})

    desk.write(record)


def imported(desk: Desk, campaign: int, at: datetime, key: UUID | None = ANA, **more: Any) -> int:
    """An imported call; `source_id` or `metadata` may name a SID."""
    row = {"occurred_at": at, "outcome": "Info", "duration_s": 60, "phone_key": key} | more

    def record(session: Session) -> int:
        batch = session.scalar(text("SELECT next_batch()"))
        columns = ", ".join(row)
        types = {"outcome": "call_outcome", "metadata_json": "jsonb"}
        values = ", ".join(f"CAST(:{name} AS {types[name]})" if name in types else f":{name}" for name in row)
        session.execute(
            text(f"INSERT INTO staged_call (batch_id, line, {columns}) VALUES (:batch, 1, {values})"),
            {"batch": batch, **row},
        )
        session.execute(text(f"SELECT * FROM record_calls(:batch, {campaign}, 'dialer', true)"), {"batch": batch})
        session.execute(
            text("SELECT record_batch(:batch, 'call', NULL, NULL, NULL, NULL, 1, 1, 0, 0, '[]', 1)"), {"batch": batch}
        )
        return int(session.scalar(text("SELECT max(id) FROM call")) or 0)

    return desk.write(record)
