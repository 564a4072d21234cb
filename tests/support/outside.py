"""The providers a desk is connected to: a local Twilio of three accounts, a local BigQuery, and what both state now."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, Self

import stamina

from capdesk.bootstrap import Desk, call_source, cost_source
from capdesk.services.connections import ConnectionInfo, save_connection
from capdesk.services.providers.bigquery_wire import Patience as GooglePatience
from capdesk.services.providers.bounded_http import Limits
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.local.http import Answer, Cut, Fault, LocalServer, Request, no_fault, nobody
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_books import MemoryBook
from capdesk.services.providers.local.twilio_records import (
    account_record,
    call_record,
    made_sid,
    recording_record,
    usage_day,
    usage_record,
)
from capdesk.services.providers.twilio_api import Patience
from capdesk.services.secrets import secret_name, variable
from capdesk.services.sync import SyncReport, sync

DAY = timedelta(days=1)
MAIN, AUTUMN, WINTER = (made_sid("AC", name) for name in ("main", "autumn", "winter"))
ACCOUNTS = (MAIN, AUTUMN, WINTER)
PAGE = 5
TOKEN = "canary-token-0123456789"
BILLING = "0123AB-4567CD-89EF01"
TABLE = "shop.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01"
EMAIL = "sync@shop.iam.gserviceaccount.com"
Stated = dict[tuple[str, date], Decimal]
Place = Literal["nothing", "a byte", "in the head", "the head", "a byte of the body", "half", "all but a byte"]
PLACES: tuple[Place, ...] = (
    *("nothing", "a byte", "in the head", "the head", "a byte of the body", "half", "all but a byte"),
)
How = Literal["fin", "rst", "hang"]


@dataclass(frozen=True)
class Line:
    """How long the raw response to a request was, and its head."""

    path: str
    head: int
    whole: int

    def upto(self, place: Place) -> int:
        return {
            "nothing": 0,
            "a byte": 1,
            "in the head": self.head // 2,
            "the head": self.head,
            "a byte of the body": self.head + 1,
            "half": (self.head + self.whole) // 2,
            "all but a byte": -1,
        }[place]


class Outside:
    """Both providers with some days up to yesterday, in small pages. `lines` are the answers since `well`.

    What is stated is known from what was put in, not from the answers. `unrated` days have no total yet. `first` is
    where a pull is to begin; what was before it, and what has not ended before `today`, counts for nothing. Late rows
    of Google's export arrive on the day `arrives`.
    """

    def __init__(self, today: date, *, days: int = 3, first: date | None = None, signed_in: bool = True) -> None:
        self.days = [today - back * DAY for back in range(days, 0, -1)]
        self.first, self.today = first or self.days[0], today
        self.arrives = today
        self.twilio = LocalTwilio(
            MAIN, TOKEN, subaccounts=[account_record(AUTUMN, "Autumn"), account_record(WINTER, "Winter")]
        )
        self.table = ExportTable()
        self.google = LocalBigQuery({TABLE: self.table})
        self.google.page_rows, self.google.signed_in_only = PAGE, signed_in
        self.unrated: set[tuple[str, date]] = set()
        self.calls: dict[str, Decimal | None] = {}
        self.lines: list[Line] = []
        self._calls_of: defaultdict[tuple[str, date], list[str]] = defaultdict(list)
        self._usd: Stated = {}
        self._rows: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._key = ""
        self._moves = 0
        for server in self.servers:
            self._watch(server)
        for day in self.days:
            self.fill(day)

    def fill(self, day: date) -> None:
        """A usual day."""
        for number, account in enumerate(ACCOUNTS, 1):
            self.state(account, day, Decimal(number) + Decimal(day.day) / 100)
            self.call(account, day, hour=9 + number)
        self.call(MAIN, day, hour=20, cost=Decimal("0.014"))
        for number, project in enumerate(("web", "api"), 1):
            self.row(day, Decimal(number) + Decimal(day.day) / 1000, project=project)

    @property
    def servers(self) -> tuple[LocalServer, LocalServer]:
        return self.twilio.server, self.google.server

    def _watch(self, server: LocalServer) -> None:
        original = server.answer

        def answer(request: Request) -> Answer:
            if server is self.twilio.server:
                request = replace(request, query={**request.query, "PageSize": [str(PAGE)]})
            found = original(request)
            wire = found.wire()
            with self._lock:
                self.lines.append(Line(request.path, wire.index(b"\r\n\r\n") + 4, len(wire)))
            return found

        server.answer = answer

    def __enter__(self) -> Self:
        self.twilio.__enter__()
        self.google.__enter__()
        self._key = self.google.service_account(EMAIL) if self.google.signed_in_only else ""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.google.__exit__(kind, error, trace)
        self.twilio.__exit__(kind, error, trace)
        assert [*self.twilio.server.errors, *self.google.errors] == []

    # What they state

    def state(self, account: str, day: date, usd: Decimal, noise: Sequence[str] = ("calls", "calls-outbound")) -> None:
        """An account's day costs so much from now on; categories say something else, and overlap."""
        self._usd[account, day] = usd
        self.unrated.discard((account, day))
        self.twilio.usage.forget(account, day)
        for record in usage_day(account, day, usd, dict.fromkeys(noise, usd / 2)):
            self.twilio.usage.add(record)

    def unrate(self, account: str, day: date) -> None:
        """The day is known, what it cost not yet."""
        self.unrated.add((account, day))
        self.twilio.usage.add(usage_record(account, day, "totalprice", "0") | {"price": None})

    def forget(self, account: str, day: date) -> None:
        """Twilio states nothing of the day any more."""
        self._usd.pop((account, day), None)
        self.unrated.discard((account, day))
        self.twilio.usage.forget(account, day)

    def call(self, account: str, day: date, *, hour: int = 12, cost: Decimal | None = None) -> str:
        sid = made_sid("CA", account, day, hour, len(self.calls))
        at = datetime.combine(day, time(hour), UTC)
        self.calls[sid] = cost
        self._calls_of[account, day].append(sid)
        assert isinstance(self.twilio.calls, MemoryBook)
        assert isinstance(self.twilio.recordings, MemoryBook)
        self.twilio.calls.add(call_record(account, sid, at, duration=160, cost=cost))
        self.twilio.recordings.add(recording_record(account, made_sid("RE", sid), sid, at, duration=150))
        return sid

    def rate_call(self, sid: str, cost: Decimal) -> None:
        self.calls[sid] = cost
        self.twilio.rate_call(sid, cost)

    def rate_calls_of(self, day: date, cost: Decimal) -> None:
        for account in ACCOUNTS:
            for sid in self._calls_of[account, day]:
                self.rate_call(sid, cost)

    def row(self, day: date, usd: Decimal, *, arrived: date | None = None, **changes: Any) -> None:
        """One more row of the billing export; `project` and `month` by name."""
        project, month = changes.pop("project", "web"), changes.pop("month", f"{day:%Y%m}")
        made = {
            "billing_account_id": BILLING,
            "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
            "sku": {"id": "D973-5D65-BAB2", "description": "Storage PD Capacity"},
            "usage_start_time": f"{day} 07:00:00 UTC",
            "project": {"id": project, "labels": []},
            "labels": [],
            "export_time": f"{arrived or day} 12:00:00 UTC",
            "cost": float(usd),
            "currency": "USD",
            "credits": [],
            "invoice": {"month": month},
            "cost_type": "regular",
        } | changes
        self._rows.append(made)
        self.table.add([made])

    def rows_of(self, day: date) -> list[dict[str, Any]]:
        return [row for row in self._rows if row["usage_start_time"].startswith(str(day))]

    def instead(self, old: Mapping[str, Any], *new: dict[str, Any]) -> None:
        """Google takes a row back and writes others."""
        self._rows = [row for row in self._rows if row is not old] + list(new)
        self.table.replace(self._rows)

    def move(self) -> None:
        """Something else is stated of a day of every account, and of its calls."""
        self._moves += 1
        cent = Decimal(self._moves) / 100
        day = self.days[self._moves % len(self.days)]
        for account in ACCOUNTS:
            self.state(account, day, self._usd[account, day] + cent)
        self.row(day, -cent if self._moves % 3 == 0 else cent)
        self.rate_call(list(self.calls)[self._moves % len(self.calls)], cent)

    def stated(self) -> Stated:
        """What every account's ended days cost now, from the first on; days of nothing left out."""
        found: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal, self._usd)
        for row in self._rows:
            credits = sum((Decimal(str(one["amount"])) for one in row["credits"]), Decimal())
            day = date.fromisoformat(row["usage_start_time"][:10])
            found[row["billing_account_id"], day] += Decimal(str(row["cost"])) + credits
        return {(account, day): usd for (account, day), usd in found.items() if usd and self.first <= day < self.today}

    def stated_calls(self, account: str | None = None, upto: date | None = None) -> dict[str, Decimal | None]:
        """The price of every call of those days, or of one account up to a day."""
        last = upto or self.today - DAY
        chosen = [key for key in self._calls_of if account in (None, key[0]) and self.first <= key[1] <= last]
        return {sid: self.calls[sid] for key in chosen for sid in self._calls_of[key]}

    # How they are asked

    def environment(self) -> dict[str, str]:
        """The secrets, as variables of the environment."""
        return {
            variable(secret_name("twilio", MAIN)): TOKEN,
            variable(secret_name("gcp", TABLE)): self._key,
        }

    def connect(self, desk: Desk, **settings: Any) -> tuple[ConnectionInfo, ConnectionInfo]:
        credentials = "key" if self.google.signed_in_only else "adc"
        google = {"query_project": "queries", "credentials": credentials, **settings}
        return (
            desk.write(lambda session: save_connection(session, "twilio", MAIN, base_url=self.twilio.url)),
            desk.write(
                lambda session: save_connection(session, "gcp", TABLE, base_url=self.google.url, settings=google)
            ),
        )

    def well(self) -> None:
        """Nothing goes wrong any more; `lines` begin anew."""
        for server in self.servers:
            server.fault, server.sent = no_fault, nobody
        self.lines = []

    def at(self, number: int, fault: Fault | None = None, then: Callable[[], object] = bool) -> threading.Event:
        """What happens when the n-th request to either arrives, from now on; set when it does."""
        self.well()
        reached = _Count(number, then)

        def decide(_request: Request) -> Fault | None:
            return fault if reached() else None

        for server in self.servers:
            server.fault = decide
        return reached.met

    def after(self, number: int, then: Callable[[], object]) -> threading.Event:
        """The same when its whole answer has gone out."""
        self.well()
        reached = _Count(number, then)
        for server in self.servers:
            server.sent = reached.once_more
        return reached.met

    def cut(self, number: int, line: Line, place: Place, how: How) -> threading.Event:
        """The n-th answer from now on ends there, if it is as long as that line."""
        return self.at(number, Cut(line.upto(place), how))


class _Count:
    """Whether this is the n-th time it is called; then something is done, once."""

    def __init__(self, number: int, then: Callable[[], object]) -> None:
        self.met = threading.Event()
        self._left, self._then, self._lock = number, then, threading.Lock()

    def once_more(self, _request: Request) -> None:
        self()

    def __call__(self) -> bool:
        with self._lock:
            self._left -= 1
            if self._left != 0:
                return False
        self._then()
        self.met.set()
        return True


def quick_sync(
    desk: Desk, *sources: str, since: date | None = None, attempts: int = 1, silence_s: float = 10, **more: Any
) -> SyncReport:
    """A sync by the sources as `capdesk sync` opens them, which wait for an answer no longer than a test can."""
    limits = Limits(connect_s=silence_s, silence_s=silence_s, answer_s=silence_s)
    google = GooglePatience(answer_s=silence_s, retry_s=attempts - 1.0, job_s=silence_s, pause_s=0.001)

    def hurried(source: Any, patience: object) -> Any:
        source._patience = patience
        return source

    def costs(connection: ConnectionInfo) -> Any:
        patience = Patience(limits) if connection.provider == "twilio" else google
        return hurried(cost_source(desk, connection), patience)

    def calls(connection: ConnectionInfo) -> Any:
        return hurried(call_source(desk, connection), Patience(limits))

    with stamina.set_testing(True, attempts=attempts, cap=True):
        return sync(desk, sources=list(sources) or None, since=since, open_source=costs, open_calls=calls, **more)
