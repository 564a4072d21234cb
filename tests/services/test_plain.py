from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest

from capdesk.services.plain import plain, utc_stamp


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    amount: Decimal


@dataclass(frozen=True)
class Outer:
    name: str
    inner: tuple[Inner, ...]
    secret: str = field(default="s3cret", repr=False)


def test_that_nested_values_become_objects_and_lists_and_secrets_stay_out() -> None:
    assert plain(Outer("é", (Inner(Decimal("1.500000")),))) == {
        "name": "é",
        "inner": [{"amount": "1.500000"}],
    }


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (Decimal("1234.500000"), "1234.500000"),
        (Decimal("0E-6"), "0.000000"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23, 7, tzinfo=timezone(timedelta(hours=-5))), "2026-11-23T12:00:00Z"),
        (Colour.RED, "red"),
        (Path("a/b"), str(Path("a/b"))),
        ({3: Colour.RED, "x": None}, {"3": "red", "x": None}),
        ({"b", "a"}, ["a", "b"]),
        ((True, 1, "x"), [True, 1, "x"]),
    ],
)
def test_that_each_kind_of_value_has_one_form(value: object, form: object) -> None:
    assert plain(value) == form


def test_that_a_stamp_keeps_its_microseconds_so_that_it_can_be_given_back() -> None:
    assert utc_stamp(datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)) == "2026-11-23T12:00:00.000005Z"


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 11, 23), object(), b"bytes", {(1, 2): "x"}, {True: "x"}],  # noqa: DTZ001
)
def test_that_what_has_no_agreed_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain(value)
