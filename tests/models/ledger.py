"""The desk spoken to in plain SQL as the application role: what anybody with psql could try."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import URL

OWNER = 1
DAY = datetime(2025, 3, 3, tzinfo=UTC)  # a Monday, long past; New York is 5 hours behind
Row = tuple[Any, ...]


def moment(hour: float = 0, *, day: int = 0) -> datetime:
    """A moment of 3 March 2025 or a later day, UTC."""
    return DAY + timedelta(days=day, hours=hour)


def phone(number: int) -> UUID:
    """The key of a number, as the services make it from the number itself."""
    return UUID(int=number)


def connect(url: URL) -> "psycopg.Connection[Row]":
    """As `make_engine` does it."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(address, autocommit=True)
    connection.execute("SET search_path = capdesk, pg_temp; SET timezone = 'UTC'; SET lock_timeout = '20s'")
    return connection


@contextlib.contextmanager
def refused(words: str, state: str | None = "CD001") -> Iterator[None]:
    """The database refuses, with these words; `state` None for a constraint, a grant or the like."""
    with pytest.raises(psycopg.Error, match=words) as caught:
        yield
    assert state is None or caught.value.sqlstate == state


@dataclass(frozen=True)
class Call:
    at: datetime
    seconds: int = 60
    outcome: str | None = "No Answer"
    phone: int | None = None
    member: int | None = None
    id: str | None = None


@dataclass(frozen=True)
class Event:
    at: datetime
    type: str = "calculator_installed"
    phone: int | None = None
    member: int | None = None
    id: str | None = None


@dataclass(frozen=True)
class Hours:
    member: int
    day: date
    hours: str = "4"
    id: str | None = None


@dataclass(frozen=True)
class Charge:
    """A provider's whole figure for a day: of a Twilio account, or of a Google project where `month` is given."""

    day: date
    usd: str
    account: str = "AC1"
    project: str | None = None
    label: str | None = None
    month: str | None = None


@dataclass
class Ledger:
    """Each method is one action in one transaction, or in a savepoint where one is open."""

    connection: "psycopg.Connection[Row]"

    def rows(self, statement: str, *values: object) -> list[Row]:
        with self.connection.transaction():
            cursor = self.connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: object) -> Any:
        return self.rows(statement, *values)[0][0]

    def campaign(self, name: str = "Spring", status: str = "active") -> int:
        self.rows("INSERT INTO product (name) VALUES ('Shop') ON CONFLICT DO NOTHING")
        new = "INSERT INTO campaign (product_id, name, owner_user_id, status) SELECT min(id), %s, %s, %s FROM product"
        return int(self.value(new + " RETURNING id", name, OWNER, status))

    def experiment(self, campaign: int, name: str = "Scripts", **bonus: str) -> int:
        new = (
            "INSERT INTO experiment (campaign_id, name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd,"
            " primary_success_event) VALUES (%s, %s, 'It sells.', 1000, 10, 500, 'calculator_installed') RETURNING id"
        )
        made = int(self.value(new, campaign, name))
        for event, amount in bonus.items():
            rule = "INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd) VALUES (%s, %s, %s)"
            self.rows(rule, made, event, Decimal(amount))
        return made

    def move(self, experiment: int, action: str, at: datetime | None = None, admin: int | None = OWNER) -> datetime:
        moved = self.value("SELECT transition_experiment(%s, %s, %s, %s)", experiment, action, at, admin)
        assert isinstance(moved, datetime)
        return moved

    def running(self, campaign: int, at: datetime | None, name: str = "Scripts", **bonus: str) -> int:
        made = self.experiment(campaign, name, **bonus)
        self.move(made, "start", at)
        return made

    def member(self, email: str = "ana@example.com", rate: str | None = "20", campaign: int | None = None) -> int:
        made = int(self.value("INSERT INTO team_member (name, email) VALUES ('Ana', %s) RETURNING id", email))
        if rate is not None:
            self.rows("SELECT set_member_rate(%s, %s, '2025-01-01')", made, Decimal(rate))
        if campaign is not None:
            self.rows("SELECT assign_member(%s, %s, '2025-01-01')", made, campaign)
        return made

    def lead(self, campaign: int, number: int = 1) -> int:
        with self._batch("leads", campaign, 1) as batch:
            staged = "INSERT INTO staged_lead (batch_id, line, phone_key, phone) VALUES (%s, 1, %s, %s)"
            self.rows(staged, batch.id, phone(number), f"+1{number}")
            batch.answers += self.rows("SELECT * FROM record_leads(%s, %s)", batch.id, campaign)
        find = "SELECT id FROM lead WHERE campaign_id = %s AND phone_key = %s"
        return int(self.value(find, campaign, phone(number)))

    def calls(self, campaign: int, *calls: Call, source: str = "dialer") -> list[Row]:
        """Records a file of calls; what did not land as (line, status, field, reason)."""
        staged = (
            "INSERT INTO staged_call (batch_id, line, source_id, occurred_at, duration_s, outcome, phone_key,"
            " team_member_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        )
        with self._batch("calls", campaign, len(calls)) as batch:
            for line, c in enumerate(calls, 1):
                key = None if c.phone is None else phone(c.phone)
                self.rows(staged, batch.id, line, c.id, c.at, c.seconds, c.outcome, key, c.member)
            record = "SELECT * FROM record_calls(%s, %s, %s, true)"
            batch.answers += self.rows(record, batch.id, campaign, source)
        return batch.answers

    def events(self, campaign: int, *events: Event, by_hand: bool = False) -> list[Row]:
        staged = (
            "INSERT INTO staged_event (batch_id, line, source_id, event_type, event_timestamp, phone_key,"
            " team_member_id) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        )
        with self._batch("events", campaign, len(events)) as batch:
            for line, e in enumerate(events, 1):
                key = None if e.phone is None else phone(e.phone)
                self.rows(staged, batch.id, line, e.id, e.type, e.at, key, e.member)
            batch.answers += self.rows("SELECT * FROM record_events(%s, %s, %s)", batch.id, campaign, by_hand)
        return batch.answers

    def hours(self, *logs: Hours, campaign: int | None = None, by_hand: bool = False) -> list[Row]:
        staged = (
            "INSERT INTO staged_time_log (batch_id, line, source_id, team_member_id, date, hours_logged)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
        )
        with self._batch("timelogs", campaign, len(logs)) as batch:
            for line, t in enumerate(logs, 1):
                self.rows(staged, batch.id, line, t.id, t.member, t.day, Decimal(t.hours))
            batch.answers += self.rows("SELECT * FROM record_time_logs(%s, %s, %s)", batch.id, campaign, by_hand)
        return batch.answers

    def charges(self, *charges: Charge, whole_days: bool = False) -> list[Row]:
        staged = (
            "INSERT INTO staged_charge (batch_id, line, provider, account, usage_date, project, label, invoice_month,"
            " stated_usd) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        )
        with self._batch("charges", None, len(charges)) as batch:
            for line, c in enumerate(charges, 1):
                provider = "twilio" if c.month is None else "gcp"
                grain = (c.account, c.day, c.project, c.label, c.month)
                self.rows(staged, batch.id, line, provider, *grain, Decimal(c.usd))
            batch.answers += self.rows("SELECT * FROM record_charges(%s, %s)", batch.id, whole_days)
        return batch.answers

    def map_charges(
        self,
        campaign: int | None,
        account: str | None = "AC1",
        project: str | None = None,
        label: str | None = None,
        provider: str = "twilio",
        admin: int = OWNER,
    ) -> None:
        self.rows("SELECT map_charges(%s, %s, %s, %s, %s, %s)", provider, account, project, label, campaign, admin)

    def reverse(self, what: str, number: int, reason: str = "mistyped") -> None:
        """`event`, `call` or `time_log`."""
        self.rows(f"SELECT reverse_{what}(%s, %s, %s)", number, reason, OWNER)

    def counts(self, campaign: int) -> dict[tuple[int | None, str, str], int]:
        """Net events by experiment, type and attribution; what is zero is left out."""
        found = self.rows(
            "SELECT experiment_id, event_type::text, attribution::text, sum(count)::int FROM event_tally"
            " WHERE campaign_id = %s GROUP BY 1, 2, 3 HAVING sum(count) <> 0",
            campaign,
        )
        return {(row[0], row[1], row[2]): row[3] for row in found}

    def spent(self, campaign: int) -> dict[tuple[int | None, str], Decimal]:
        """Dollars by experiment (none: overhead) and source; what is zero is left out."""
        found = self.rows(
            "SELECT experiment_id, source::text, sum(cost_usd) FROM cost_rollup"
            " WHERE campaign_id = %s GROUP BY 1, 2 HAVING sum(cost_usd) <> 0",
            campaign,
        )
        return {(row[0], row[1]): row[2] for row in found}

    @contextlib.contextmanager
    def _batch(self, kind: str, campaign: int | None, read: int) -> Iterator["_Batch"]:
        with self.connection.transaction():
            batch = _Batch(self.value("SELECT next_batch()"), [])
            yield batch
            said = [row[1] for row in batch.answers]
            duplicate, rejected = said.count("duplicate"), said.count("rejected")
            counts = (read, read - duplicate - rejected, duplicate, rejected)
            receipt = "SELECT record_batch(%s, %s, NULL, NULL, NULL, %s, %s, %s, %s, %s, %s, %s)"
            self.rows(receipt, batch.id, kind, campaign, *counts, Jsonb([]), OWNER)


@dataclass
class _Batch:
    id: int
    answers: list[Row]


def statuses(answers: Sequence[Row]) -> list[tuple[int, str]]:
    """Line and status of what did not land."""
    return [(row[0], row[1]) for row in answers if row[0] is not None]
