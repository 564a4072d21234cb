"""Rows of the Google Cloud billing export, as BigQuery returns them, one JSON object a line.

Rows have no id and two identical ones can both be genuine, so nothing is deduplicated: rows are summed, cost
plus credits, into the grain (billing account, UTC usage day, project, service, SKU, mapped label, invoice month,
cost type). A grain of which a row cannot be taken is not stated at all, because a part of it would be recorded as
the whole.
"""

import json
from array import array
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.money import money
from capdesk.services.providers.charges import (
    EXACT,
    ChargeFile,
    RecordRefused,
    Reject,
    Source,
    Statement,
    exact_amount,
    name_of,
    not_ended,
    opened,
    refuse_other_kinds,
    shown,
)
from capdesk.services.providers.gcp_row import (
    Row,
    credit_of,
    description_of,
    label_value,
    list_of,
    month_of,
    no_stamp,
    optional_text,
    other_currency,
    record_of,
    text_of,
    utc_day,
)

_WANTED = "Google billing-export rows as JSON lines"
# A row may have null here, and some exports then leave the field out; that no row has it means the column is missing.
_OPTIONAL = ("credits", "labels", "project")
_TELLING = frozenset({"billing_account_id", "usage_start_time", "cost"})
_DECODE: Callable[[str], object] = json.JSONDecoder(parse_float=Decimal).decode

Grain = tuple[str, date, str | None, str, str, str | None, str, str]


def parse(source: Source, *, today_utc: date, label_key: str = "campaign") -> ChargeFile:
    """The days a billing export states; money in US dollars.

    A label of the resource named `label_key` wins over the project's. `today_utc` is the current UTC date: its
    day has not ended. A JSON array instead of lines is taken too, its records counted instead of lines. Raises
    FileRefused for a file that is something else altogether or lacks a column.
    """
    rows = _Rows(today_utc, label_key, name_of(source))
    with opened(source) as stream:
        for line, row in _records(stream, rows):
            rows.add(line, row)
    return rows.closed()


def _records(stream: BinaryIO, rows: "_Rows") -> Iterator[tuple[int, object]]:
    lines = enumerate(stream, 1)
    for number, raw in lines:
        content = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if not content.strip():
            continue
        if not rows.read:
            refuse_other_kinds(content[:4096], rows.name, _WANTED)
            if content.lstrip().startswith(b"["):
                yield from enumerate(_array(content + stream.read(), rows.name), 1)
                return
        try:
            yield number, _DECODE(content.decode())
        except (ValueError, RecursionError):
            rows.unreadable(number)
    if not rows.read:
        refuse_other_kinds(b"", rows.name, _WANTED)


def _array(content: bytes, name: str) -> list[object]:
    try:
        values = _DECODE(content.decode())
    except (ValueError, RecursionError):
        raise FileRefused(f"{name} is not complete JSON; {_WANTED} was expected.") from None
    return values if isinstance(values, list) else [values]


class _Sum:
    """What the rows of one grain add up to."""

    __slots__ = ("cost", "credits", "lines", "names", "refused")

    def __init__(self, names: dict[str, str]) -> None:
        self.cost = Decimal(0)
        self.credits = Decimal(0)
        self.lines = array("Q")
        self.names = names
        self.refused: dict[int, RecordRefused] = {}


class _Rows:
    """Rows as they come, summed by grain."""

    def __init__(self, today_utc: date, label_key: str, name: str) -> None:
        self.today = today_utc
        self.label_key = label_key
        self.name = name
        self.read = 0
        self.sums: dict[Grain, _Sum] = {}
        self.rejects: list[Reject] = []
        self.days: dict[object, date] = {}
        self.missing = set(_OPTIONAL)
        self.objects = 0
        self.unplaced: list[int] = []
        self.incomplete: set[tuple[str, date]] = set()

    def unreadable(self, line: int) -> None:
        self.read += 1
        self._unplaced(line, RecordRefused("", "This line is not JSON; is the file cut off or changed by hand?"))

    def add(self, line: int, row: object) -> None:
        self.read += 1
        if not isinstance(row, dict):
            self._unplaced(line, RecordRefused("", f"{shown(row)} is not a billing row."))
            return
        self.objects += 1
        if self.objects == 1 and not _TELLING & row.keys():
            raise FileRefused(f"{self.name} holds no billing rows; {_WANTED} was expected.")
        if self.missing:
            self.missing -= row.keys()
        self._sum(line, row)

    def _sum(self, line: int, row: Row) -> None:
        sums = self._place(line, row)
        if sums is None:
            return
        sums.lines.append(line)
        try:
            cost, credit = exact_amount(row.get("cost"), "cost"), credit_of(row.get("credits"))
        except RecordRefused as refused:
            sums.refused[line] = refused
            return
        sums.cost = EXACT.add(sums.cost, cost)
        sums.credits = EXACT.add(sums.credits, credit)

    def _place(self, line: int, row: Row) -> _Sum | None:
        """The grain a row belongs to; None where the row is rejected."""
        try:
            account, day = text_of(row, "billing_account_id"), self._day(row.get("usage_start_time"))
            outside = not_ended(day) if day >= self.today else other_currency(row)
            if outside:
                self._reject(line, outside)
                self.incomplete.add((account, day))
                return None
            grain = self._grain(row, account, day)
        except RecordRefused as refused:
            self._unplaced(line, refused)
            return None
        sums = self.sums.get(grain)
        if sums is None:
            sums = self.sums[grain] = _Sum({name: description_of(row, name) for name in ("service", "sku")})
        return sums

    def _grain(self, row: Row, account: str, day: date) -> Grain:
        project = record_of(row, "project")
        return (
            account,
            day,
            optional_text(project, "project.id", "id"),
            text_of(record_of(row, "service"), "service.id", "id"),
            text_of(record_of(row, "sku"), "sku.id", "id"),
            self._label(row, project),
            month_of(record_of(row, "invoice")),
            text_of(row, "cost_type"),
        )

    def _label(self, row: Row, project: Row) -> str | None:
        for name, labels in (("labels", row.get("labels")), ("project.labels", project.get("labels"))):
            for label in list_of(labels, name):
                if not isinstance(label, dict):
                    raise RecordRefused(name, f"{name} holds {shown(label)}, not a key and a value.")
                if label.get("key") == self.label_key:
                    return f"{self.label_key}={label_value(label, name)}"
        return None

    def _day(self, stamp: object) -> date:
        """The UTC day of a stamp; each is read once, since a file holds few different hours."""
        if isinstance(stamp, dict | list):
            raise no_stamp(stamp)
        day = self.days.get(stamp)
        if day is None:
            day = self.days[stamp] = utc_day(stamp)
        return day

    def _unplaced(self, line: int, refused: RecordRefused) -> None:
        self.unplaced.append(line)
        self._reject(line, refused)

    def _reject(self, line: int, refused: RecordRefused) -> None:
        self.rejects.append(Reject(line, refused.field, refused.reason))

    def closed(self) -> ChargeFile:
        if not self.objects:
            raise FileRefused(f"{self.name} holds not one readable row; {_WANTED} was expected.")
        if self.missing and self.sums:
            columns = " and ".join(sorted(self.missing))
            raise FileRefused(
                f"{self.name} lacks the column {columns}, without which its costs would be wrong; "
                "export it again with all columns."
            )
        statements = tuple(
            s for grain in sorted(self.sums, key=_order) if (s := self._statement(grain, self.sums[grain]))
        )
        covered = {(s.account, s.usage_date) for s in statements} - self.incomplete
        return ChargeFile(
            statements=statements,
            read=self.read,
            rejects=tuple(sorted(self.rejects, key=lambda reject: reject.line)),
            warnings=tuple(self._warnings()),
            covered=frozenset() if self.unplaced else frozenset(covered),
        )

    def _statement(self, grain: Grain, sums: _Sum) -> Statement | None:
        try:
            amount = money(EXACT.add(sums.cost, sums.credits))
        except UsageRefused as refused:
            sums.refused[sums.lines[0]] = RecordRefused("cost", str(refused))
        if sums.refused:
            self._reject_grain(grain, sums)
            return None
        account, day, project, service, sku, label, month, cost_type = grain
        return Statement(
            provider="gcp",
            account=account,
            usage_date=day,
            amount_usd=amount,
            project=project,
            service=service,
            sku=sku,
            label=label,
            invoice_month=month,
            cost_type=cost_type,
            breakdown=sums.names | {"cost": f"{sums.cost:f}", "credits": f"{sums.credits:f}"},
            first_line=sums.lines[0],
            records=len(sums.lines),
        )

    def _reject_grain(self, grain: Grain, sums: _Sum) -> None:
        self.incomplete.add((grain[0], grain[1]))
        first = min(sums.refused)
        whole = RecordRefused(
            "cost",
            f"Line {first}, of the same day, SKU and project, was refused, and a part would stand for the whole.",
        )
        for line in sums.lines:
            self._reject(line, sums.refused.get(line, whole))

    def _warnings(self) -> Iterator[str]:
        if self.unplaced:
            first = self.unplaced[0]
            yield (
                f"{len(self.unplaced)} refused records (the first is {first}) may belong to days that are recorded "
                "here and then stand wrong; mend the file and import all of it again, not the rejected records alone."
            )


def _order(grain: Grain) -> tuple[str, ...]:
    return tuple("" if part is None else str(part) for part in grain)
