"""What was pulled of one account becomes charges, ledger rows and its watermark: in one transaction, or not at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from psycopg.types.json import Jsonb
from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from capdesk.models import SyncStep, staged_charge, staged_coverage, staged_twilio_call
from capdesk.services.imports.jsontext import dump_json
from capdesk.services.imports.staging import record, stage
from capdesk.services.money import ZERO
from capdesk.services.providers.charges import Provider
from capdesk.services.providers.pull import Pull, Span, TwilioCallState
from capdesk.services.sync.report import DayDifference
from capdesk.services.sync.runs import wait_longer

_DAY = timedelta(days=1)
_CHARGE_TYPES = (
    *("int8", "int4", "text", "text", "date", "text", "text", "text", "text", "text", "text", "numeric", "jsonb"),
)
"""Of the columns of `staged_charge`; an enum travels as text."""
_CALL_TYPES = (
    *("int8", "int4", "text", "text", "text", "text", "text", "timestamptz", "timestamptz", "int4", "numeric"),
    *("text", "text", "text", "uuid", "text"),
)
"""Of the columns of `staged_twilio_call`."""
_LANDED = text(
    "SELECT count(*), coalesce(sum(amount_usd), 0.000000) FROM provider_charge WHERE batch_id = :batch AND id >= :id"
)
_DAYS = text("""
SELECT account, usage_date, sum(amount_usd) FROM provider_charge WHERE batch_id = :batch AND id >= :id
GROUP BY 1, 2 HAVING sum(amount_usd) <> 0 ORDER BY 2, 1
""")
_BROUGHT = text("""
SELECT DISTINCT c.account FROM provider_charge c
WHERE c.provider = CAST(:provider AS provider_name) AND c.account <> ALL (:known)
  AND c.usage_date BETWEEN :first AND :last
  AND EXISTS (SELECT FROM sync_step s JOIN sync_run r ON r.id = s.run_id
              WHERE s.batch_id = c.batch_id AND s.account = :account
                AND r.connection_id = coalesce((SELECT connection_id FROM sync_run WHERE id = :run), r.connection_id))
""")
"""Other accounts that pulls of this one stated before, as a reseller's table of Google's does."""
_FIRST_ID = text("SELECT coalesce(max(id), 0) + 1 FROM provider_charge")
_STATED_CALLS = text("SELECT count(*) FROM unknown_twilio_calls(:run)")


@dataclass(frozen=True)
class Step:
    """Which run recorded what of which account; `run_id` None tries it only, and the caller takes it back."""

    run_id: int | None
    account: str


@dataclass(frozen=True)
class Recorded:
    """What landed of a pull, in rows and dollars, and the day up to which nothing is missing now."""

    through: date
    rows: int
    landed: int
    difference_usd: Decimal = ZERO
    days: tuple[DayDifference, ...] = ()


def record_costs(session: Session, step: Step, provider: Provider, pull: Pull, user_id: int) -> Recorded:
    """Records the difference between what the provider states and what is known. A pull that says nothing new writes
    the step alone.

    Raises RuleRefused where a newer pull of the account was recorded meanwhile.
    """
    wait_longer(session)
    batch: int = session.scalars(select(func.next_batch())).one()
    stage(session, staged_charge, _charges(batch, provider, pull), _CHARGE_TYPES)
    values = {"provider": provider, "account": step.account, "run": step.run_id, "known": list(pull.accounts)}
    brought = session.scalars(_BROUGHT, {**values, "first": pull.first, "last": pull.last}).all()
    stage(session, staged_coverage, _coverage(batch, provider, replace(pull, accounts=(*pull.accounts, *brought))))
    before = session.scalar(_FIRST_ID)  # nobody's rows below it are this batch's
    duplicate = len(record(session, "record_charges", batch, True))
    own = {"batch": batch, "id": before}
    landed, difference = session.execute(_LANDED, own).one()
    if landed:
        _close_batch(session, batch, provider, pull, (landed + duplicate, landed, duplicate), user_id)
    found = Recorded(_through(pull), pull.rows, landed, difference)
    if step.run_id is not None:
        _record_step(session, step, pull.first, found, batch if landed else None)
        return found
    days = tuple(DayDifference(*row) for row in session.execute(_DAYS, own))
    return Recorded(found.through, found.rows, landed, difference, days)


def record_known(session: Session, step: Step, first: date) -> None:
    """That the account is there and nothing of it is complete: until its first pull is done its costs are missing."""
    _record_step(session, step, first, Recorded(first - _DAY, 0, 0), None)


def record_calls(session: Session, step: Step, span: Span, pages: Iterable[list[TwilioCallState]]) -> Recorded:
    """Records calls as their pages arrive; only a page is ever held in memory. Raises what the pages raise."""
    counted = _Calls(pages, step.run_id or 0)
    stage(session, staged_twilio_call, counted, _CALL_TYPES)
    if step.run_id is None:
        return Recorded(span.last, counted.rows, session.scalars(_STATED_CALLS, {"run": 0}).one())
    wait_longer(session)
    landed: int = session.scalars(select(func.record_twilio_calls(step.run_id))).one()
    found = Recorded(span.last, counted.rows, landed)
    _record_step(session, step, span.first, found, None)
    return found


class _Calls:
    """Rows of `staged_twilio_call`, counted as they go by."""

    def __init__(self, pages: Iterable[list[TwilioCallState]], run_id: int) -> None:
        self._pages = pages
        self._run_id = run_id
        self.rows = 0

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        run_id = self._run_id
        for page in self._pages:
            for line, c in enumerate(page, self.rows + 1):
                yield (
                    *(run_id, line, c.sid, c.parent_sid, c.account, c.direction, c.status, c.started_at, c.ended_at),
                    *(c.duration_s, c.price_usd, c.answered_by, c.own_number, c.phone, c.phone_key, c.recording_sid),
                )
            self.rows += len(page)


def _charges(batch: int, provider: Provider, pull: Pull) -> Iterator[tuple[object, ...]]:
    for line, s in enumerate(pull.statements, 1):
        covered = s.account in pull.accounts and pull.first <= s.usage_date <= pull.last
        if s.provider != provider or not covered or s.usage_date in pull.faulty:
            raise ValueError(f"a pull states a day it does not cover: {s.usage_date}")
        yield (
            *(batch, line, s.provider, s.account, s.usage_date, s.project, s.service, s.sku, s.label),
            *(
                s.invoice_month,
                s.cost_type,
                s.amount_usd,
                Jsonb(dict(s.breakdown), dumps=dump_json) if s.breakdown else None,
            ),
        )


def _coverage(batch: int, provider: Provider, pull: Pull) -> Iterator[tuple[object, ...]]:
    days = (pull.first + n * _DAY for n in range((pull.last - pull.first).days + 1))
    covered = [day for day in days if day not in pull.faulty]
    pairs = ((account, day) for account in pull.accounts for day in covered)
    for line, (account, day) in enumerate(pairs, 1):
        yield batch, line, provider, account, day


def _through(pull: Pull) -> date:
    return min(pull.faulty) - _DAY if pull.faulty else pull.last


def _close_batch(
    session: Session, batch: int, provider: Provider, pull: Pull, counts: tuple[int, int, int], user_id: int
) -> None:
    arguments = (batch, f"{provider}-pull", None, None, None, None, *counts, 0, literal(list(pull.warnings), JSONB))
    session.execute(select(func.record_batch(*arguments, user_id)))


def _record_step(session: Session, step: Step, first: date, found: Recorded, batch: int | None) -> None:
    values = {
        "run_id": step.run_id,
        "account": step.account,
        "first_day": first,
        "through": found.through,
        "rows": found.rows,
        "landed": found.landed,
        "difference_usd": found.difference_usd,
        "batch_id": batch,
    }
    session.execute(insert(SyncStep).values(**values))
