"""A desk whose accounts are connected to fake providers, and what pulls left behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import ProviderRefused
from capdesk.services.connections import ConnectionInfo, save_connection
from capdesk.services.providers.charges import Provider
from capdesk.services.providers.pull import CallSource, CostSource
from capdesk.services.providers.pull_fakes import FakeCalls, FakeCosts
from capdesk.services.sync import SourcePull, SyncReport, explain, sync
from capdesk.services.sync.explain import Asked
from capdesk.services.verify import verify
from tests.support.builders import database_now

SID = "AC" + "1" * 32
SUB = "AC" + "2" * 32
TABLE = "shop.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01"
DAY = timedelta(days=1)
COUNTED = (
    *("provider_charge", "cost_rollup", "import_batch", "twilio_call", "sync_run", "sync_step", "sync_outcome"),
    *("staged_charge", "staged_coverage", "staged_twilio_call"),
)


def connect(desk: Desk, provider: Provider = "twilio", account: str = "") -> ConnectionInfo:
    named = account or {"twilio": SID, "gcp": TABLE}[provider]
    return desk.write(lambda session: save_connection(session, provider, named))


@dataclass
class Fakes:
    """One fake of each source, whatever connection asks; `closed` sources cannot be opened."""

    twilio: FakeCosts = field(default_factory=FakeCosts)
    gcp: FakeCosts = field(default_factory=lambda: FakeCosts("gcp"))
    calls: FakeCalls = field(default_factory=FakeCalls)
    closed: dict[str, Exception] = field(default_factory=dict)

    def open_source(self, connection: ConnectionInfo) -> CostSource:
        if connection.provider in self.closed:
            raise self.closed[connection.provider]
        return self.twilio if connection.provider == "twilio" else self.gcp

    def open_calls(self, _connection: ConnectionInfo) -> CallSource:
        if "twilio-calls" in self.closed:
            raise self.closed["twilio-calls"]
        return self.calls

    def sync(self, desk: Desk, *sources: str, **options: Any) -> SyncReport:
        wanted = list(sources) or None
        return sync(desk, sources=wanted, open_source=self.open_source, open_calls=self.open_calls, **options)

    def costs(self, desk: Desk, **options: Any) -> SourcePull:
        """Twilio's costs alone, of the one connection."""
        (pull,) = self.sync(desk, "twilio", **options).pulls
        return pull

    def explain(self, desk: Desk, *sources: str, since: date | None = None) -> list[Asked]:
        wanted = list(sources) or None
        return explain(desk, sources=wanted, since=since, open_source=self.open_source, open_calls=self.open_calls)


def today(desk: Desk) -> date:
    """The day that has not ended in UTC."""
    return database_now(desk).astimezone(UTC).date()


def sizes(desk: Desk) -> dict[str, int]:
    return {table: rows(desk, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}


def rows(desk: Desk, query: str) -> list[Any]:
    return desk.read(lambda session: [tuple(row) for row in session.execute(text(query))])


def recorded(desk: Desk) -> dict[tuple[str, date], Decimal]:
    """Net dollars by account and day, days of nothing left out."""
    found = rows(desk, "SELECT account, usage_date, sum(amount_usd) FROM provider_charge GROUP BY 1, 2")
    return {(account, day): usd for account, day, usd in found if usd}


def through(desk: Desk, account: str, source: str = "twilio") -> date | None:
    """The watermark."""
    found = rows(
        desk,
        "SELECT s.through FROM sync_step s JOIN sync_run r ON r.id = s.run_id"
        f" WHERE s.account = '{account}' AND r.source = '{source}' ORDER BY s.run_id DESC, s.id DESC LIMIT 1",
    )
    return found[0][0] if found else None


def outcomes(desk: Desk) -> list[tuple[str, str | None, str | None]]:
    """Source, outcome and detail of each run, oldest first."""
    return rows(
        desk,
        "SELECT r.source, o.outcome, o.detail FROM sync_run r LEFT JOIN sync_outcome o ON o.run_id = r.id"
        " ORDER BY r.id",
    )


def differences(desk: Desk) -> Sequence[object]:
    """What `capdesk verify` finds."""
    desk.seal()
    return desk.read(verify).differences


REFUSED = ProviderRefused("Twilio refused the token: store a new one with `capdesk connect twilio`.")
