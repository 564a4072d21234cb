"""Billing-export rows and a desk's view of them, for the tests of the BigQuery pull."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capdesk.errors import CapdeskError, ProviderRefused
from capdesk.services.clock import FixedClock
from capdesk.services.providers import gcp_billing
from capdesk.services.providers.bigquery_api import BillingExport, BillingSettings
from capdesk.services.providers.bigquery_wire import Patience
from capdesk.services.providers.charges import Statement
from capdesk.services.providers.pull import Account, Pull, Span

ACCOUNT = "01338E-BE3FD6-363B4C"
TABLE = "acme-billing.costs.gcp_billing_export_v1_01338E_BE3FD6_363B4C"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = NOW.date()
HASTY = Patience(answer_s=5.0, retry_s=0.4, job_s=5.0, pause_s=0.01)
SHORT = Patience(answer_s=0.2, retry_s=0.2, job_s=0.6, pause_s=0.01)
OCTOBER = Span(date(2026, 10, 1), date(2026, 11, 20))


def row(day: date | str = "2026-11-18", cost: Any = 1.25, **changes: Any) -> dict[str, Any]:
    return {
        "billing_account_id": ACCOUNT,
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "D973-5D65-BAB2", "description": "Storage PD Capacity"},
        "usage_start_time": f"{day} 07:00:00 UTC",
        "usage_end_time": f"{day} 08:00:00 UTC",
        "project": {"id": "outreach", "number": "1", "name": "Outreach", "labels": []},
        "labels": [],
        "export_time": f"{day} 12:00:00 UTC",
        "cost": cost,
        "currency": "USD",
        "credits": [],
        "invoice": {"month": f"{day}"[:7].replace("-", "")},
        "cost_type": "regular",
    } | changes


ROWS = [row("2026-11-01"), row("2026-11-02", 2.5, sku={"id": "CPU"}), row("2026-11-19", -0.25)]


def export(
    url: str, *, key: str | None = None, now: datetime = NOW, patience: Patience = HASTY, **settings: Any
) -> Any:
    chosen = {"table": TABLE, "query_project": "acme-queries", "label_key": "campaign"} | settings
    return BillingExport(BillingSettings(**chosen), key, clock=FixedClock(now), base_url=url, patience=patience)


def refused(source: Any, kind: type[CapdeskError] = ProviderRefused) -> str:
    """The one sentence a pull ends with."""
    with pytest.raises(CapdeskError) as raised:
        pulled(source)
    assert isinstance(raised.value, kind)
    assert raised.value.__cause__ is None
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def nobody_waits(_rows: int) -> None:
    """Progress nobody looks at."""


def pulled(source: BillingExport, span: Span = OCTOBER) -> Pull:
    [account] = source.accounts()
    return source.pull(account, span, nobody_waits)


def from_file(rows: Iterable[dict[str, Any]], today: date = TODAY) -> tuple[Statement, ...]:
    """What the same rows state when they are imported as a file."""
    lines = b"\n".join(json.dumps(one).encode() for one in rows)
    return gcp_billing.parse(io.BytesIO(lines), today_utc=today).statements if lines else ()


def essence(statements: Iterable[Statement]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Statements by grain, without where they stood in a file; amounts of the breakdown as numbers."""
    return {
        (s.account, s.usage_date, s.project, s.service, s.sku, s.label, s.invoice_month, s.cost_type): (
            *(s.amount_usd, s.records, s.breakdown["service"], s.breakdown["sku"]),
            *(Decimal(str(s.breakdown["cost"])), Decimal(str(s.breakdown["credits"]))),
        )
        for s in statements
    }


class Desk:
    """What is recorded after pulls: statements hold, a grain of a covered day that none names costs nothing."""

    def __init__(self) -> None:
        self.grains: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.pulled_at: datetime | None = None

    def pull(self, url: str, now: datetime) -> Pull:
        source = export(url, now=now)
        today = now.date()
        first = source.look_back(today) if self.pulled_at else date(2026, 6, 1)
        found: Pull = source.pull(
            Account(ACCOUNT, ACCOUNT), Span(first, today - timedelta(days=1), self.pulled_at), nobody_waits
        )
        covered = {(account, day) for account in found.accounts for day in _days(found)}
        self.grains = {key: value for key, value in self.grains.items() if (key[0], key[1]) not in covered}
        self.grains |= essence(found.statements)
        self.pulled_at = now
        return found


def _days(found: Pull) -> set[date]:
    count = (found.last - found.first).days + 1
    return {found.first + timedelta(days=n) for n in range(count)} - found.faulty
