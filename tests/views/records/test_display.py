"""Values as people read them and as spreadsheets take them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capdesk.services.listings.model import Column, Kind
from capdesk.views.records.display import copied, has_badges, shown

ZONE = ZoneInfo("America/New_York")
WHEN = datetime(2026, 11, 21, 14, 5, 59, tzinfo=UTC)


def column(kind: Kind, *choices: str) -> Column:
    return Column("one", "One", kind, "one", choices)


@pytest.mark.parametrize(
    ("kind", "value", "people", "spreadsheet"),
    [
        ("money", Decimal("-1234.565000"), "-$1,234.56", "-1234.565000"),
        ("number", 1234567, "1,234,567", "1234567"),
        ("id", 1234567, "1234567", "1234567"),
        ("decimal", Decimal("7.5"), "7.50", "7.5"),
        ("decimal", Decimal("0.12345"), "0.1234", "0.12345"),
        ("decimal", Decimal("1E+3"), "1,000.00", "1000"),
        ("moment", WHEN, "21 Nov 2026 09:05", "2026-11-21 09:05:59"),
        ("date", date(2026, 11, 1), "1 Nov 2026", "2026-11-01"),
        ("flag", True, "✓", "yes"),
        ("flag", False, "", "no"),
        ("choice", "dial_attempt", "dial attempt", "dial_attempt"),
        ("text", "two\nlines\tand a tab", "two lines and a tab", "two lines and a tab"),
        ("text", "=cmd()", "=cmd()", "'=cmd()"),
        ("text", "+13055550123", "+13055550123", "+13055550123"),
        ("money", None, "—", ""),
        ("text", None, "—", ""),
    ],
)
def test_that_values_are_written_for_people_and_for_spreadsheets(
    kind: Kind, value: Any, people: str, spreadsheet: str
) -> None:
    assert shown(column(kind), value, ZONE) == people
    assert copied(column(kind), value, ZONE) == spreadsheet


@pytest.mark.parametrize(("value", "people"), [("67.4", "67.4"), ("5", "5.0"), ("1234.5", "1,234.5")])
def test_that_a_column_of_tenths_shows_one_digit_so_that_points_stand_below_each_other(value: str, people: str) -> None:
    assert shown(replace(column("decimal"), places=1), Decimal(value), ZONE) == people


def test_that_statuses_are_badges_and_other_choices_are_words() -> None:
    assert has_badges(column("choice", "planned", "running"))
    assert not has_badges(column("choice", "dial_attempt", "qpc"))
    assert not has_badges(column("text"))
