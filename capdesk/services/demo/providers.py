"""The demo's Twilio, Google Cloud and mail server: the local providers, saying what the story says."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from capdesk.services.connections import save_connection
from capdesk.services.demo.calling import Call
from capdesk.services.demo.files import DemoTold
from capdesk.services.demo.story import BILLING_ACCOUNT, TWILIO_MAIN, TWILIO_ROOFERS, TWILIO_SOLAR
from capdesk.services.providers.gcp_row import utc_day
from capdesk.services.providers.local.bigquery import LocalBigQuery
from capdesk.services.providers.local.bigquery_table import ExportTable
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_books import Rows, UnknownToken, Wanted, as_json
from capdesk.services.providers.local.twilio_records import (
    Record,
    account_record,
    call_record,
    made_sid,
    recording_record,
)
from capdesk.services.secrets import open_secrets, secret_name
from capdesk.services.settings import change_settings

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

PROJECT = "demo-billing"
TABLE = f"{PROJECT}.billing.gcp_billing_export_v1_{BILLING_ACCOUNT.replace('-', '_')}"
RECIPIENT, SENDER = "olga@example.com", "capdesk@example.com"
TOKEN = "a-token-of-the-demo-only"  # opens nothing but the demo's own Twilio on this computer
_ACCOUNTS = {"roofers": TWILIO_ROOFERS, "solar": TWILIO_SOLAR, "comfort": TWILIO_MAIN}
_NUMBERS = {"roofers": "+12019589999", "solar": "+13059589999", "comfort": "+12169589999"}
_STATUS = {"No Answer": "no-answer", "Busy": "busy"}
_MINUTE = Decimal("0.0140")
_RATED_AFTER = timedelta(hours=8)


class DemoProviders:
    """They serve while it is entered, and say what they know on the morning of the story's last day.

    `restate` is the morning after; with `restated` that was long ago.
    """

    def __init__(self, tale: DemoTold, *, restated: bool = False) -> None:
        self._tale, seed = tale, tale.seed
        self._stack = ExitStack()
        self._calls = StoryCalls(tale.calls, seed, at=datetime.combine(tale.story.last_day, time.min, UTC))
        below = (account_record(TWILIO_ROOFERS, "Roofers"), account_record(TWILIO_SOLAR, "Solar"))
        usage = [record for answer in tale.usage[0] for record in answer["usage_records"]]
        self.twilio = LocalTwilio(
            TWILIO_MAIN,
            TOKEN,
            subaccounts=below,
            usage=usage,
            calls=self._calls,
            recordings=list(_recordings(tale.calls["comfort"], seed)),
        )
        self.table = ExportTable(tale.billing[0])
        self.bigquery = LocalBigQuery({TABLE: self.table})
        self.mail = LocalSmtp()
        if restated:
            self.restate()
            self._calls.at = datetime.max.replace(tzinfo=UTC)

    def __enter__(self) -> Self:
        for server in (self.twilio, self.bigquery, self.mail):
            self._stack.enter_context(server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, raised, trace)

    def restate(self) -> None:
        """The last day has ended and is stated; some days before turn out to have cost something else."""
        self._calls.at = self._tale.story.over_at
        for answer in self._tale.usage[1]:
            for record in answer["usage_records"]:
                self.twilio.usage.add(record)
        first, again = self._tale.billing
        newer = {utc_day(row["usage_start_time"]) for row in again}
        self.table.replace([row for row in first if utc_day(row["usage_start_time"]) not in newer])
        self.table.add(again)

    @property
    def restated_from(self) -> date:
        """The first day that Twilio states anew."""
        return min(
            date.fromisoformat(r["start_date"]) for answer in self._tale.usage[1] for r in answer["usage_records"]
        )

    def connect(self, desk: "Desk") -> None:
        """What `capdesk connect` keeps, with the addresses of this computer. The token needs no keyring: it is none."""
        secrets = open_secrets(desk.folder)
        secrets.allow_key_file()
        secrets.set(secret_name("twilio", TWILIO_MAIN), TOKEN)

        def keep(session: Any) -> None:
            save_connection(session, "twilio", TWILIO_MAIN, base_url=self.twilio.url)
            settings = {"query_project": PROJECT, "credentials": "adc"}
            save_connection(session, "gcp", TABLE, base_url=self.bigquery.url, settings=settings)
            change_settings(
                session,
                desk.owner_id,
                recipients=[RECIPIENT],
                mail_from=SENDER,
                mail_host="127.0.0.1",
                mail_port=self.mail.port,
                mail_security="plain",
            )

        desk.write(keep)


class StoryCalls:
    """The story's calls as Twilio tells them: a CallBook that makes each record when it is asked for.

    It knows those made before `at`; the newest of them have no price yet.
    """

    def __init__(self, calls: Mapping[str, list[Call]], seed: int, *, at: datetime) -> None:
        self.at = at
        self._rows: dict[str, list[tuple[datetime, str, Call]]] = {}
        self._campaigns = {account: campaign for campaign, account in _ACCOUNTS.items()}
        self._keys: dict[str, tuple[datetime, str]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        for campaign, made in calls.items():
            rows = sorted((call.started_at.astimezone(UTC), _sid(call, seed), call) for call in made)
            self._rows[_ACCOUNTS[campaign]] = rows
            self._keys |= {sid: (at, sid) for at, sid, _ in rows}

    def page(self, account: str, wanted: Wanted, after: str | None, size: int) -> Rows:
        rows = self._rows.get(account, [])
        place = partial(bisect_left, rows, key=lambda row: row[:2])
        low = 0 if wanted.since is None else place((wanted.since, ""))
        high = place((self.at if wanted.before is None else min(self.at, wanted.before), ""))
        if after is not None:
            if after not in self._keys:
                raise UnknownToken(after)
            high = min(high, place(self._keys[after]))
        found: list[Record] = []
        for record in self._records(account, low, high):
            if any(record.get(name) != value for name, value in wanted.equal.items()):
                continue
            if len(found) == size:
                return Rows([as_json(one) for one in found], found[-1]["sid"], more=True)
            found.append(record)
        return Rows([as_json(one) for one in found], found[-1]["sid"] if found else "")

    def change(self, sid: str, **fields: Any) -> None:
        if sid not in self._keys:
            raise KeyError(sid)
        self._changed[sid] = self._changed.get(sid, {}) | fields

    def _records(self, account: str, low: int, high: int) -> Iterator[Record]:
        """Newest first."""
        number = _NUMBERS[self._campaigns[account]] if account in self._campaigns else ""
        for at, sid, call in reversed(self._rows.get(account, [])[low:high]):
            billed = call.outcome not in _STATUS
            rated = billed and at < self.at - _RATED_AFTER
            minutes = -(-call.seconds // 60)
            record = call_record(
                account,
                sid,
                at,
                duration=call.seconds if billed else 0,
                cost=minutes * _MINUTE if rated else None,
                to=call.lead.phone,
                from_=number,
                status=_STATUS.get(call.outcome, "completed"),
            )
            yield record | self._changed.get(sid, {})


def _recordings(calls: list[Call], seed: int) -> Iterator[Record]:
    """Comfort Ohio records its calls with Twilio."""
    for call in calls:
        if call.outcome not in _STATUS:
            sid, at = _sid(call, seed), call.started_at.astimezone(UTC)
            yield recording_record(TWILIO_MAIN, made_sid("RE", sid), sid, at, duration=call.seconds)


def _sid(call: Call, seed: int) -> str:
    return call.call_id if call.call_id.startswith("CA") else made_sid("CA", seed, call.call_id)
