"""Pulls spoken of in plain SQL as the application role: runs, steps, calls and what a pull covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.types.json import Jsonb

from tests.models.ledger import OWNER, Charge, Ledger, moment

_STAGED_CALL = """
INSERT INTO staged_twilio_call (batch_id, line, sid, account, direction, status, started_at, duration_s, price_usd,
                                phone, recording_sid)
VALUES (%s, %s, %s, 'AC1', 'outbound-api', %s, %s, %s, %s, %s, %s)
"""
_STAGED_CHARGE = """
INSERT INTO staged_charge (batch_id, line, provider, account, usage_date, project, label, invoice_month, stated_usd)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_COVERED = "INSERT INTO staged_coverage (batch_id, line, provider, account, usage_date) VALUES (%s, 1, %s, %s, %s)"
_BATCH = "SELECT record_batch(%s, 'pull', NULL, NULL, NULL, NULL, %s, %s, %s, 0, %s, %s)"
_NINE = moment(9)


@dataclass(frozen=True)
class TwilioCall:
    """A call as Twilio states it; `price` is what it cost."""

    sid: str
    status: str = "completed"
    seconds: int = 60
    price: str | None = None
    recording: str | None = None
    phone: str | None = None
    at: datetime = _NINE


@dataclass
class Pulls:
    """Each method is one transaction, or a savepoint where one is open."""

    ledger: Ledger

    def connection(self, provider: str = "twilio", account: str = "AC1") -> int:
        """Its id; the same one where it was made before."""
        new = (
            "INSERT INTO connection (provider, account) VALUES (%s, %s)"
            " ON CONFLICT (provider, account) DO UPDATE SET active = true RETURNING id"
        )
        return int(self.ledger.value(new, provider, account))

    def run(self, source: str = "twilio", connection: int | None = None) -> int:
        new = "INSERT INTO sync_run (connection_id, source) VALUES (%s, %s) RETURNING id"
        return int(self.ledger.value(new, connection or self.connection(), source))

    def step(self, run: int, account: str, through: date, first: date | None = None) -> int:
        new = (
            "INSERT INTO sync_step (run_id, account, first_day, through, rows, landed, difference_usd)"
            " VALUES (%s, %s, %s, %s, 1, 1, 0) RETURNING id"
        )
        return int(self.ledger.value(new, run, account, first or through, through))

    def end(self, run: int, outcome: str = "done") -> None:
        self.ledger.rows("INSERT INTO sync_outcome (run_id, outcome) VALUES (%s, %s)", run, outcome)

    def calls(self, run: int, *calls: TwilioCall) -> int:
        """How many rows landed; that a look without recording says the same is seen here."""
        with self.ledger.connection.transaction():
            self.stage(run, *calls)
            told = self.ledger.value("SELECT count(*) FROM unknown_twilio_calls(%s)", run)
            landed = int(self.ledger.value("SELECT record_twilio_calls(%s)", run))
            assert landed == told
            return landed

    def stage(self, run: int, *calls: TwilioCall) -> None:
        for line, c in enumerate(calls, 1):
            price = None if c.price is None else Decimal(c.price)
            values = (run, line, c.sid, c.status, c.at, c.seconds, price, c.phone, c.recording)
            self.ledger.rows(_STAGED_CALL, *values)

    def charges(
        self, covered: Sequence[tuple[str, date]], *charges: Charge, whole_days: bool = True, provider: str = "twilio"
    ) -> list[str]:
        """Records statements and the (account, day) they cover; the status of each line that did not land."""
        with self.ledger.connection.transaction():
            batch = self.ledger.value("SELECT next_batch()")
            for line, c in enumerate(charges, 1):
                grain = (c.account, c.day, c.project, c.label, c.month)
                self.ledger.rows(_STAGED_CHARGE, batch, line, provider, *grain, Decimal(c.usd))
            for account, day in covered:
                self.ledger.rows(_COVERED, batch, provider, account, day)
            said = [row[1] for row in self.ledger.rows("SELECT * FROM record_charges(%s, %s)", batch, whole_days)]
            landed = self.ledger.value("SELECT count(*) FROM provider_charge WHERE batch_id = %s", batch)
            self.ledger.rows(_BATCH, batch, landed + len(said), landed, len(said), Jsonb([]), OWNER)
            return said
