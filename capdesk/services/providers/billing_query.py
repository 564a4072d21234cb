"""What is asked of a Google Cloud billing export in BigQuery: the columns it must have, and the queries.

Columns are asked for by name and everything that varies is a parameter. Credits and labels are read by scalar
subqueries, never joined: a join would count a row's cost once per credit or label. Amounts are FLOAT64 in the export;
each is summed as the decimal BigQuery writes it as, exactly, so that a file exported from the same table says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from capdesk.errors import ProviderRefused

ParameterType = Literal["STRING", "TIMESTAMP"]
Parameter = tuple[str, ParameterType, str | datetime]

DAY = timedelta(days=1)
# Rows may be seen as late as two days after their export: changes since a pull are looked for from so far back.
MARGIN = timedelta(days=2)

REQUIRED: Mapping[str, str] = {
    "billing_account_id": "STRING",
    "service.id": "STRING",
    "service.description": "STRING",
    "sku.id": "STRING",
    "sku.description": "STRING",
    "usage_start_time": "TIMESTAMP",
    "export_time": "TIMESTAMP",
    "project.id": "STRING",
    "project.labels": "repeated RECORD",
    "project.labels.key": "STRING",
    "project.labels.value": "STRING",
    "labels": "repeated RECORD",
    "labels.key": "STRING",
    "labels.value": "STRING",
    "cost": "FLOAT",
    "currency": "STRING",
    "credits": "repeated RECORD",
    "credits.amount": "FLOAT",
    "invoice.month": "STRING",
    "cost_type": "STRING",
}
_SAME_TYPE = {"FLOAT64": "FLOAT", "STRUCT": "RECORD", "INT64": "INTEGER", "BOOL": "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an export table lies and how it is partitioned.

    `partition` is the column whose bound spares bytes: `_PARTITIONTIME` (the day of arrival), a column of the table, or
    None. `unit` is DAY, HOUR, MONTH or YEAR. `rows` is the table's own count, None where it does not say.
    """

    location: str
    partition: str | None
    unit: str = "DAY"
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class BillingQuery:
    """One query. `name` stands in its first line and in the labels of its job; `columns` are those of its answer."""

    name: str
    sql: str
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]


def require_columns(table: str, schema: Sequence[Mapping[str, object]]) -> None:
    """Raises ProviderRefused naming the first column a billing export must have and this schema lacks or retyped.

    `schema` is the `fields` of the API's table resource. Columns that are not asked for may come and go.
    """
    found = dict(_flat(schema))
    for path, wanted in REQUIRED.items():
        has = found.get(path)
        if has == wanted:
            continue
        change = f"no column {path}" if has is None else f"a column {path} of type {has} instead of {wanted}"
        raise ProviderRefused(
            f"The table {table} has {change}, so its costs would be wrong and nothing was recorded; name the "
            "standard or detailed usage cost export of Cloud Billing, or update capdesk if Google changed it."
        )


def _flat(fields: object, prefix: str = "") -> list[tuple[str, str]]:
    """Each column's dotted path and its type."""
    found: list[tuple[str, str]] = []
    for one in fields if isinstance(fields, Sequence) else ():
        if not isinstance(one, Mapping):
            continue
        path = f"{prefix}{one.get('name')}"
        kind = str(one.get("type")).upper()
        kind = _SAME_TYPE.get(kind, kind)
        found.append((path, f"repeated {kind}" if str(one.get("mode")).upper() == "REPEATED" else kind))
        found += _flat(one.get("fields"), f"{path}.")
    return found


GRAIN_COLUMNS = (
    *("account_id", "usage_day", "project_id", "service_id", "sku_id", "mapped_label", "invoice_month", "charge_type"),
    *("currency_code", "service_name", "sku_name", "cost_usd", "credits_usd", "records", "unpriced"),
    *("all_grains", "all_records"),
)
_GRAINS = """-- capdesk: grains v1
SELECT
  account_id, usage_day, project_id, service_id, sku_id, mapped_label, invoice_month, charge_type, currency_code,
  MAX(service_name) AS service_name,
  MAX(sku_name) AS sku_name,
  IFNULL(SUM(cost_usd), 0) AS cost_usd,
  IFNULL(SUM(credits_usd), 0) AS credits_usd,
  COUNT(*) AS records,
  COUNTIF(unpriced) AS unpriced,
  COUNT(*) OVER () AS all_grains,
  SUM(COUNT(*)) OVER () AS all_records
FROM (
  SELECT
    billing_account_id AS account_id,
    DATE(usage_start_time, 'UTC') AS usage_day,
    project.id AS project_id,
    service.id AS service_id,
    sku.id AS sku_id,
    COALESCE(
      (SELECT CONCAT(@label_key, '=', IFNULL(label.value, '')) FROM UNNEST(labels) AS label WITH OFFSET AS place
       WHERE label.key = @label_key ORDER BY place LIMIT 1),
      (SELECT CONCAT(@label_key, '=', IFNULL(label.value, '')) FROM UNNEST(project.labels) AS label WITH OFFSET AS place
       WHERE label.key = @label_key ORDER BY place LIMIT 1)
    ) AS mapped_label,
    invoice.month AS invoice_month,
    cost_type AS charge_type,
    currency AS currency_code,
    service.description AS service_name,
    sku.description AS sku_name,
    CAST(CAST(cost AS STRING) AS BIGNUMERIC) AS cost_usd,
    (SELECT SUM(CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC)) FROM UNNEST(credits) AS credit) AS credits_usd,
    cost IS NULL OR EXISTS (SELECT 1 FROM UNNEST(credits) AS credit WHERE credit.amount IS NULL) AS unpriced
  FROM `{table}`
  WHERE {where}
)
GROUP BY
  account_id, usage_day, project_id, service_id, sku_id, mapped_label, invoice_month, charge_type, currency_code
"""
_COUNT = """-- capdesk: count v1
SELECT COUNT(*) AS records
FROM `{table}`
WHERE {where}
"""
_CHANGED = """-- capdesk: changed v1
SELECT MIN(DATE(usage_start_time, 'UTC')) AS oldest
FROM `{table}`
WHERE {where}
"""
_ACCOUNTS = """-- capdesk: accounts v1
SELECT DISTINCT billing_account_id AS account_id
FROM `{table}`
WHERE {where}
"""


def grains(table: str, layout: Layout, label_key: str, first: date, last: date) -> BillingQuery:
    """The sums of every grain with usage on the UTC days from `first` to `last`, both included.

    Each row also says how many grains and how many source rows there are in all.
    """
    where, parameters = _usage(layout, first, last)
    sql = _GRAINS.format(table=table, where=where)
    return BillingQuery("grains", sql, (("label_key", "STRING", label_key), *parameters), GRAIN_COLUMNS)


def count(table: str, layout: Layout, first: date, last: date) -> BillingQuery:
    """How many source rows those days have: always one row, so that none cannot be mistaken for no answer."""
    where, parameters = _usage(layout, first, last)
    return BillingQuery("count", _COUNT.format(table=table, where=where), parameters, ("records",))


def changed(table: str, layout: Layout, since: datetime) -> BillingQuery:
    """The oldest usage day that rows arrived for since then: always one row, null where none arrived."""
    start = since.astimezone(UTC) - MARGIN
    column = layout.partition if layout.partition == "_PARTITIONTIME" else "export_time"
    bound = _unit_start(start, layout.unit) if column == layout.partition else start
    sql = _CHANGED.format(table=table, where=f"{column} >= @since")
    return BillingQuery("changed", sql, (("since", "TIMESTAMP", bound),), ("oldest",))


def accounts(table: str, layout: Layout, today: date) -> BillingQuery:
    """The billing accounts of the last two months."""
    where, parameters = _usage(layout, today - 62 * DAY, today)
    return BillingQuery("accounts", _ACCOUNTS.format(table=table, where=where), parameters, ("account_id",))


def _usage(layout: Layout, first: date, last: date) -> tuple[str, tuple[Parameter, ...]]:
    """Rows of those usage days, and rows without one, of which somebody must be told."""
    days = "usage_start_time >= @first AND usage_start_time < @until"
    parameters: tuple[Parameter, ...] = (
        ("first", "TIMESTAMP", _midnight(first)),
        ("until", "TIMESTAMP", _midnight(last + DAY)),
    )
    if layout.partition == "usage_start_time":
        return days, parameters
    days = f"({days} OR usage_start_time IS NULL)"
    if layout.partition not in ("_PARTITIONTIME", "export_time"):
        return days, parameters
    # Nothing arrives before it is used; a day more costs little.
    bound = _unit_start(_midnight(first - DAY), layout.unit)
    return f"{layout.partition} >= @arrived AND {days}", (*parameters, ("arrived", "TIMESTAMP", bound))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _unit_start(moment: datetime, unit: str) -> datetime:
    """The start of the partition a moment falls in."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "MONTH":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "YEAR" else day
