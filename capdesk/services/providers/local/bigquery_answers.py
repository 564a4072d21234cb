"""capdesk's own queries, recognised by their first line and computed from an export table's rows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from capdesk.services.providers.local.bigquery_table import DAY, Bucket, ExportTable, Labels, Sums, partition_start

Parameters = dict[str, str]
Value = str | None
_NAME = re.compile(r"-- capdesk: (\w+) v1\n")
_TABLE = re.compile(r"FROM `([^`]+)`")
_QUOTED = re.compile(r"'[^']*'|`[^`]*`|@\w+|--[^\n]*")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_MIB = 2**20
_VALUE_BYTES = 8


class InvalidQuery(Exception):
    """What BigQuery calls invalidQuery, in its words."""


@dataclass(frozen=True, slots=True)
class Result:
    """`rows` as the wire carries values: text or null. `read` bytes, of which Google bills `billed` uncached."""

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Value]]
    read: int

    @property
    def billed(self) -> int:
        return max(10 * _MIB, -(-self.read // _MIB) * _MIB) if self.read else 0


def table_of(sql: str) -> str:
    found = _TABLE.search(sql)
    if found is None:
        raise InvalidQuery("Syntax error: Expected a table")
    return found[1]


def answer(sql: str, parameters: Parameters, table: ExportTable) -> Result:
    """The rows a real BigQuery would return. Raises InvalidQuery as it would."""
    named = _NAME.match(sql)
    compute = _QUERIES.get(named[1]) if named else None
    if compute is None:
        raise InvalidQuery("Syntax error: this local server knows capdesk's own queries only")
    columns = _known(sql, table)
    buckets = table.buckets(_chosen(sql, parameters))
    touched = table.count(_in_partitions(sql, parameters, table))
    names, rows = compute(buckets, parameters)
    return Result(names, rows, touched * columns * _VALUE_BYTES)


def _known(sql: str, table: ExportTable) -> int:
    """How many of the table's columns the query names; one the table lacks is an error as in BigQuery."""
    paths, standard = table.paths(), ExportTable().paths()
    used = set(_PATH.findall(_QUOTED.sub(" ", sql)))
    if "_PARTITIONTIME" in used and table.partition_field is not None:
        raise InvalidQuery("Unrecognized name: _PARTITIONTIME at [40:9]")
    for path in sorted(used & standard):
        if path not in paths:
            raise InvalidQuery(f"Unrecognized name: {path} at [20:5]")
    return len(used & paths)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _midnight(text: str) -> date:
    moment = _moment(text)
    if moment != partition_start(moment.date()):
        raise InvalidQuery("this local server sums whole UTC days only")
    return moment.date()


def _chosen(sql: str, parameters: Parameters) -> Callable[[Bucket], bool]:
    """The WHERE clause, from the parameters it uses."""
    tests: list[Callable[[Bucket], bool]] = []
    if "@first" in sql:
        first, until = _midnight(parameters["first"]), _midnight(parameters["until"])
        dayless = "usage_start_time IS NULL" in sql
        tests.append(lambda one: dayless if one.day is None else first <= one.day < until)
    if "@arrived" in sql:
        arrived = _moment(parameters["arrived"])
        tests.append(lambda one: partition_start(one.arrived) >= arrived)
    if "@since" in sql:
        since = _moment(parameters["since"])
        # Of the time of export only its day is kept, as of the time of arrival.
        tests.append(lambda one: partition_start(one.arrived + DAY) > since)
    return lambda one: all(test(one) for test in tests)


def _in_partitions(sql: str, parameters: Parameters, table: ExportTable) -> Callable[[Bucket], bool]:
    """What the query has to read: bounds on other columns than the one it is partitioned by spare nothing."""
    if table.partition_field is None and "_PARTITIONTIME" in sql:
        start = _moment(parameters.get("arrived") or parameters["since"])
        return lambda one: partition_start(one.arrived) >= start
    if table.partition_field == "usage_start_time" and "@first" in sql:
        return _chosen(sql, parameters)
    return lambda _one: True


Answered = tuple[tuple[tuple[str, str], ...], list[list[Value]]]
Buckets = Sequence[tuple[Bucket, Sums]]
_GRAIN_NAMES = (
    ("account_id", "STRING"),
    ("usage_day", "DATE"),
    ("project_id", "STRING"),
    ("service_id", "STRING"),
    ("sku_id", "STRING"),
    ("mapped_label", "STRING"),
    ("invoice_month", "STRING"),
    ("charge_type", "STRING"),
    ("currency_code", "STRING"),
    ("service_name", "STRING"),
    ("sku_name", "STRING"),
    ("cost_usd", "BIGNUMERIC"),
    ("credits_usd", "BIGNUMERIC"),
    ("records", "INTEGER"),
    ("unpriced", "INTEGER"),
    ("all_grains", "INTEGER"),
    ("all_records", "INTEGER"),
)


def _grains(buckets: Buckets, parameters: Parameters) -> Answered:
    key = parameters["label_key"]
    summed: dict[tuple[Value, ...], Sums] = {}
    for one, sums in buckets:
        label = _label(one.labels, key)
        grain = (
            *(one.account, None if one.day is None else one.day.isoformat(), one.project, one.service, one.sku),
            _label(one.project_labels, key) if label is None else label,
            *(one.month, one.cost_type, one.currency),
        )
        known = summed.get(grain)
        if known is None:
            summed[grain] = sums
        else:
            known.include(sums)
    totals = [str(len(summed)), str(sum(sums.records for sums in summed.values()))]
    return _GRAIN_NAMES, [
        [
            *(*grain, sums.service_name, sums.sku_name, _plain(sums.cost), _plain(sums.credits)),
            *(str(sums.records), str(sums.unpriced), *totals),
        ]
        for grain, sums in summed.items()
    ]


def _label(labels: Labels, key: str) -> Value:
    return next((f"{key}={value or ''}" for name, value in labels if name == key), None)


def _plain(amount: Decimal) -> str:
    """A BIGNUMERIC as BigQuery writes it: no exponent, no zeros at its end."""
    return format(amount.normalize(), "f") if amount else "0"


def _count(buckets: Buckets, _parameters: Parameters) -> Answered:
    return (("records", "INTEGER"),), [[str(sum(sums.records for _, sums in buckets))]]


def _changed(buckets: Buckets, _parameters: Parameters) -> Answered:
    oldest = min((one.day for one, _ in buckets if one.day is not None), default=None)
    return (("oldest", "DATE"),), [[None if oldest is None else oldest.isoformat()]]


def _accounts(buckets: Buckets, _parameters: Parameters) -> Answered:
    return (("account_id", "STRING"),), [[one] for one in dict.fromkeys(one.account for one, _ in buckets)]


_QUERIES = {"grains": _grains, "count": _count, "changed": _changed, "accounts": _accounts}
