"""What Google Cloud says it cost, from the standard billing export in BigQuery: a CostSource.

Rows of the export have no id and corrections arrive as further rows, so each pull asks BigQuery for the sums of every
grain of the days it looks at and states them whole. Its library is only loaded with this file.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from capdesk.errors import ProviderFailed, ProviderRefused, UsageRefused
from capdesk.services.clock import Clock
from capdesk.services.plain import size_text
from capdesk.services.providers import billing_query
from capdesk.services.providers.base_url import checked_url
from capdesk.services.providers.bigquery_errors import Where
from capdesk.services.providers.bigquery_key import credentials_for, key_address
from capdesk.services.providers.bigquery_wire import USUAL, Patience, Wire
from capdesk.services.providers.billing_grains import Grains, IllShaped
from capdesk.services.providers.billing_query import DAY, BillingQuery, Layout
from capdesk.services.providers.charges import Provider, shown
from capdesk.services.providers.pull import USD_PER_TIB, Account, Progress, Pull, Question, Span

_MIB, _GIB, _TIB = 2**20, 2**30, 2**40
LEAST_BYTES = 10 * _MIB
"""Google bills at least this for each query."""
"""Google's list price on demand in the US; an estimate elsewhere, and the first TiB of a month is free."""
_TABLE = re.compile(r"(?P<project>[A-Za-z0-9][A-Za-z0-9.:-]*)\.(?P<dataset>[A-Za-z0-9_]+)\.(?P<table>[A-Za-z0-9_-]+)")
_NAMED = re.compile(r"gcp_billing_export_(?:resource_)?v1_([0-9A-Fa-f]{6}_[0-9A-Fa-f]{6}_[0-9A-Fa-f]{6})")


@dataclass(frozen=True, slots=True)
class BillingSettings:
    """Which table to ask and who pays for the query. Raises UsageRefused for what cannot be used.

    `table` is project.dataset.table; `query_project` the project queries run in; `label_key` the label that maps costs;
    `location` overrules the table's own; a query that would bill more than `max_bytes` is refused by Google.
    """

    table: str
    query_project: str
    label_key: str
    location: str | None = None
    max_bytes: int = 20 * _GIB

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise UsageRefused(
                f"{shown(self.table)} is no BigQuery table; write it like "
                "my-project.billing.gcp_billing_export_v1_01338E_BE3FD6_363B4C."
            )
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.:-]*", self.query_project):
            raise UsageRefused(
                f"{shown(self.query_project)} is no project of Google Cloud; write its id like my-project."
            )
        if not self.label_key:
            raise UsageRefused("The label that maps Google costs has no name; write its key like campaign.")
        if self.max_bytes < LEAST_BYTES:
            raise UsageRefused(
                f"A limit of {self.max_bytes} bytes refuses every query, Google bills at least {LEAST_BYTES}; raise it."
            )


@contextmanager
def _billed(wire: Wire) -> Iterator[None]:
    """What fails tells what its queries cost all the same."""
    try:
        yield
    except ProviderFailed as error:
        error.bytes_billed = wire.bytes_billed
        raise


class BillingExport:
    """A CostSource over one export table.

    `credentials_json` is a service account's key, None for application default credentials (for a `base_url` on this
    computer: nobody). Raises UsageRefused for a `base_url` that is neither https nor local.
    """

    provider: Provider = "gcp"

    def __init__(
        self,
        settings: BillingSettings,
        credentials_json: str | None,
        *,
        clock: Clock,
        base_url: str | None = None,
        patience: Patience = USUAL,
    ) -> None:
        if base_url is not None:
            checked_url(base_url)
        self._settings, self._key, self._clock = settings, credentials_json, clock
        self._base_url, self._patience = base_url, patience

    def accounts(self) -> Sequence[Account]:
        """The billing account the table is named after; else the first one found in it, with which the others come."""
        named = _NAMED.fullmatch(self._settings.table.rpartition(".")[2])
        if named:
            account = named[1].upper().replace("_", "-")
            return [Account(account, f"billing account {account}")]
        with self._opened() as wire:
            layout = wire.layout(self._settings.location)
            query = billing_query.accounts(self._settings.table, layout, self._today())
            found = sorted(str(one) for (one,) in wire.rows(query, layout, self._settings.max_bytes) if one)
        if not found:
            raise ProviderRefused(
                f"The table {self._settings.table} has no row of the last two months that tells its billing account; "
                "name the export's own table (gcp_billing_export_v1_...), or wait some hours for the first export."
            )
        return [Account(found[0], f"billing account {found[0]}")]

    def look_back(self, today_utc: date) -> date:
        """The first day of the month before: its invoice may still change. Older days are found by what arrived."""
        return (today_utc.replace(day=1) - DAY).replace(day=1)

    def explain(self, account: Account, span: Span) -> Sequence[Question]:
        """Google's own estimate of each query, by a free dry run, which also shows that all roles are there."""
        table, last = self._settings.table, self._last(span)
        asked = [Question(f"The columns, partitioning and location of {table} (free).")]
        with self._opened() as wire:
            layout = wire.layout(self._settings.location)
            if span.changed_since is not None:
                query = billing_query.changed(table, layout, span.changed_since)
                asked.append(self._question(wire, layout, query, "The oldest day changed since the last pull"))
            if span.first <= last:
                query = billing_query.grains(table, layout, self._settings.label_key, span.first, last)
                what = (
                    f"Cost and credits of {account.id} from {span.first} to {last} by day, project, service, SKU, "
                    f"label '{self._settings.label_key}', invoice month and cost type"
                )
                asked.append(self._question(wire, layout, query, what))
        return asked

    def _question(self, wire: Wire, layout: Layout, query: BillingQuery, what: str) -> Question:
        read = wire.estimate(query, layout)
        limit = self._settings.max_bytes
        over = f"; over this connection's limit of {size_text(limit)}, Google will refuse it" if read > limit else ""
        return Question(f"{what}: reads {size_text(read)}, estimated {estimated_price(read)}{over}.", read)

    def pull(self, account: Account, span: Span, progress: Progress) -> Pull:
        """The sums of every grain from the span's first day, or an older one that rows arrived for since."""
        table, last = self._settings.table, self._last(span)
        if span.first > last:
            return Pull((account.id,), span.first, last, (), 0)
        with self._opened() as wire, _billed(wire):
            layout = wire.layout(self._settings.location)
            first = self._first(wire, layout, span)
            read = Grains(table, first, last)
            query = billing_query.grains(table, layout, self._settings.label_key, first, last)
            for row in wire.rows(query, layout, self._settings.max_bytes):
                read.add(row)
                if read.grains % 1000 == 0:
                    progress(read.rows)
            if not read.rows:
                self._require_nothing(wire, layout, first, last)
            progress(read.rows)
            found = read.closed(account.id)
            return Pull(
                accounts=found.accounts,
                first=first,
                last=last,
                statements=found.statements,
                rows=found.rows,
                faulty=found.faulty,
                warnings=found.warnings,
                bytes_billed=wire.bytes_billed,
            )

    def _first(self, wire: Wire, layout: Layout, span: Span) -> date:
        if span.changed_since is None:
            return span.first
        query = billing_query.changed(self._settings.table, layout, span.changed_since)
        oldest = self._single(wire, layout, query)
        if oldest is None:
            return span.first
        if type(oldest) is not date:
            raise IllShaped(self._settings.table, f"{shown(oldest)} is no day")
        return min(span.first, oldest)

    def _require_nothing(self, wire: Wire, layout: Layout, first: date, last: date) -> None:
        """An empty answer takes back all that is recorded of its days, so it is believed only if a count says 0 too."""
        records = self._single(wire, layout, billing_query.count(self._settings.table, layout, first, last))
        if records != 0:
            raise IllShaped(self._settings.table, f"it is empty, but counts {shown(records)} rows")

    def _single(self, wire: Wire, layout: Layout, query: BillingQuery) -> object:
        rows = list(wire.rows(query, layout, self._settings.max_bytes))
        if len(rows) != 1:
            raise IllShaped(self._settings.table, f"{len(rows)} rows instead of one")
        return rows[0][0]

    def _opened(self) -> Wire:
        settings = self._settings
        credentials = credentials_for(self._key, self._base_url)
        who = "your own Google login" if self._key is None else f"the service account {key_address(self._key)}"
        where = Where(settings.table, settings.query_project, who, size_text(settings.max_bytes))
        return Wire(where, credentials, self._base_url, self._patience)

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()

    def _last(self, span: Span) -> date:
        """A day is asked for only once it has ended."""
        return min(span.last, self._today() - DAY)


def estimated_price(read: int) -> str:
    """What Google may bill for reading so many bytes, at its list price."""
    usd = Decimal(max(read, LEAST_BYTES)) / _TIB * USD_PER_TIB
    return f"${usd:.4f} at ${USD_PER_TIB} per TiB"
