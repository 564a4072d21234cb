"""What one pull did, account by account."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

_STEPS = text("""
SELECT account, min(first_day) AS first_day, max(through) AS through, sum(rows)::bigint AS rows,
       sum(landed)::bigint AS landed, sum(difference_usd) AS difference_usd
FROM sync_step WHERE run_id = :run GROUP BY account ORDER BY account
""")


@dataclass(frozen=True)
class AccountSteps:
    """All steps of one account in one pull. Days are UTC, both included; money is what they changed, in dollars."""

    account: str
    first_day: date
    through: date
    rows: int
    landed: int
    difference_usd: Decimal


def account_steps(session: Session, run_id: int) -> list[AccountSteps]:
    """By account; none where nothing landed, or was asked."""
    return [AccountSteps(*row) for row in session.execute(_STEPS, {"run": run_id})]
