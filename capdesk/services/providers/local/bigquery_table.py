"""A billing export table that BigQuery's local stand-in serves: rows as JSON, summed as they come."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from capdesk.services.providers.charges import EXACT
from capdesk.services.providers.gcp_row import utc_day

Row = Mapping[str, Any]
Field = dict[str, Any]
Labels = tuple[tuple[str, str | None], ...]


def _field(name: str, kind: str = "STRING", *, fields: Sequence[Field] = (), mode: str = "NULLABLE") -> Field:
    made: Field = {"name": name, "type": kind, "mode": mode}
    return made | {"fields": list(fields)} if fields else made


def _record(name: str, *fields: Field, mode: str = "NULLABLE") -> Field:
    return _field(name, "RECORD", fields=fields, mode=mode)


def standard_schema() -> list[Field]:
    """The columns of Google's standard usage cost export."""
    words = (_field("key"), _field("value"))
    return [
        _field("billing_account_id"),
        _record("service", _field("id"), _field("description")),
        _record("sku", _field("id"), _field("description")),
        _field("usage_start_time", "TIMESTAMP"),
        _field("usage_end_time", "TIMESTAMP"),
        _record(
            "project",
            *(_field("id"), _field("number"), _field("name")),
            _record("labels", *words, mode="REPEATED"),
            _field("ancestry_numbers"),
            _record("ancestors", _field("resource_name"), _field("display_name"), mode="REPEATED"),
        ),
        _record("labels", *words, mode="REPEATED"),
        _record("system_labels", *words, mode="REPEATED"),
        _record("location", _field("location"), _field("country"), _field("region"), _field("zone")),
        _record("tags", *words, _field("inherited", "BOOLEAN"), _field("namespace"), mode="REPEATED"),
        _field("transaction_type"),
        _field("seller_name"),
        _field("export_time", "TIMESTAMP"),
        _field("cost", "FLOAT"),
        _field("currency"),
        _field("currency_conversion_rate", "FLOAT"),
        _record(
            "usage",
            *(_field("amount", "FLOAT"), _field("unit"), _field("amount_in_pricing_units", "FLOAT")),
            _field("pricing_unit"),
        ),
        _record(
            "credits",
            *(_field("name"), _field("amount", "FLOAT"), _field("full_name"), _field("id"), _field("type")),
            mode="REPEATED",
        ),
        _record("invoice", _field("month"), _field("publisher_type")),
        _field("cost_type"),
        _record("adjustment_info", _field("id"), _field("description"), _field("mode"), _field("type")),
        _field("cost_at_list", "FLOAT"),
    ]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What rows have in common that no query tells apart. `arrived` is the day of their partition."""

    arrived: date
    day: date | None
    account: str | None
    project: str | None
    service: str | None
    sku: str | None
    labels: Labels
    project_labels: Labels
    month: str | None
    cost_type: str | None
    currency: str | None


@dataclass(slots=True)
class Sums:
    """What the rows of a bucket, or of a grain, add up to."""

    cost: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    records: int = 0
    unpriced: int = 0
    service_name: str | None = None
    sku_name: str | None = None

    def include(self, other: "Sums") -> None:
        self.cost = EXACT.add(self.cost, other.cost)
        self.credits = EXACT.add(self.credits, other.credits)
        self.records += other.records
        self.unpriced += other.unpriced
        self.service_name = _greater(self.service_name, other.service_name)
        self.sku_name = _greater(self.sku_name, other.sku_name)


class ExportTable:
    """Rows of a billing export, which may change while it is served.

    A row arrives on the UTC day its `_PARTITIONTIME` or else its `export_time` names. `schema` is the API's own and may
    be changed in place; `partition_field` None is partitioning by the day of arrival, "" none at all.
    """

    def __init__(
        self,
        rows: Iterable[Row] = (),
        *,
        schema: Sequence[Field] | None = None,
        partition_field: str | None = None,
        location: str = "US",
    ) -> None:
        self.schema: list[Field] = deepcopy(list(schema)) if schema is not None else standard_schema()
        self.partition_field = partition_field
        self.location = location
        self.version = 0
        self._lock = threading.Lock()
        self._buckets: dict[Bucket, Sums] = {}
        self._days: dict[object, date | None] = {}
        self.add(rows)

    def add(self, rows: Iterable[Row], *, arrived: date | None = None) -> None:
        """Appends rows, as Google does; `arrived` overrules the day they arrive on."""
        for row in rows:
            bucket, sums = self._read(row, arrived)
            with self._lock:
                self.version += 1
                known = self._buckets.get(bucket)
                if known is None:
                    self._buckets[bucket] = sums
                else:
                    known.include(sums)

    def replace(self, rows: Iterable[Row]) -> None:
        """Other rows instead, as if the table had been deleted and made again."""
        with self._lock:
            self._buckets.clear()
            self.version += 1
        self.add(rows)

    def drop_column(self, path: str) -> None:
        fields, name = self._find(path)
        fields[:] = [field for field in fields if field["name"] != name]
        self.version += 1

    def retype(self, path: str, kind: str, *, mode: str = "NULLABLE") -> None:
        fields, name = self._find(path)
        fields[:] = [{**field, "type": kind, "mode": mode} if field["name"] == name else field for field in fields]
        self.version += 1

    def _find(self, path: str) -> tuple[list[Field], str]:
        *parents, name = path.split(".")
        fields = self.schema
        for parent in parents:
            fields = next(field["fields"] for field in fields if field["name"] == parent)
        return fields, name

    def buckets(self, choose: Callable[[Bucket], bool]) -> list[tuple[Bucket, Sums]]:
        """A copy of those chosen, of one moment."""
        with self._lock:
            return [(bucket, replace(sums)) for bucket, sums in self._buckets.items() if choose(bucket)]

    def count(self, choose: Callable[[Bucket], bool]) -> int:
        """The rows of those chosen."""
        with self._lock:
            return sum(sums.records for bucket, sums in self._buckets.items() if choose(bucket))

    def paths(self) -> set[str]:
        """Every column's dotted path."""
        return set(_paths(self.schema, ""))

    def __len__(self) -> int:
        return self.count(lambda _bucket: True)

    def _read(self, row: Row, arrived: date | None) -> tuple[Bucket, Sums]:
        service, sku = row.get("service") or {}, row.get("sku") or {}
        project, credits = row.get("project") or {}, row.get("credits") or ()
        amounts = [row.get("cost"), *(credit.get("amount") for credit in credits)]
        bucket = Bucket(
            arrived or self._day(row.get("_PARTITIONTIME")) or self._day(row.get("export_time")) or date.min,
            self._day(row.get("usage_start_time")),
            row.get("billing_account_id"),
            project.get("id"),
            service.get("id"),
            sku.get("id"),
            _labels(row.get("labels")),
            _labels(project.get("labels")),
            (row.get("invoice") or {}).get("month"),
            row.get("cost_type"),
            row.get("currency"),
        )
        return bucket, Sums(
            _amount(amounts[0]),
            _total(amounts[1:]),
            1,
            int(None in amounts),
            service.get("description"),
            sku.get("description"),
        )

    def _day(self, stamp: object) -> date | None:
        if stamp not in self._days:
            self._days[stamp] = None if stamp is None else stamp if type(stamp) is date else utc_day(stamp)
        return self._days[stamp]


def _paths(fields: Sequence[Field], prefix: str) -> Iterator[str]:
    for field in fields:
        yield prefix + field["name"]
        yield from _paths(field.get("fields", ()), f"{prefix}{field['name']}.")


def _labels(labels: Sequence[Row] | None) -> Labels:
    return tuple((label["key"], label.get("value")) for label in labels) if labels else ()


def _amount(value: object) -> Decimal:
    """A float as BigQuery writes it, which is the shortest text that reads as the same number."""
    return Decimal(0) if value is None else value if isinstance(value, Decimal) else Decimal(str(value))


def _total(values: Sequence[object]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, _amount(value))
    return total


def _greater(one: str | None, other: str | None) -> str | None:
    return other if one is None else one if other is None or one > other else other


def partition_start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


DAY = timedelta(days=1)
