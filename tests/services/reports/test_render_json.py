"""The machine-readable form is a contract: these tests name every key of it."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.reports.model import EVENT_TYPES, Pace
from capdesk.services.reports.render_json import experiment_json, weekly_json
from tests.services.reports.samples import HOSTILE, experiment, hostile, quiet, weekly

MONEY = re.compile(r"-?\d+\.\d{6}")
RATIO = re.compile(r"-?\d+\.\d{4}")
MONEYS = st.decimals(Decimal("-99999999"), Decimal("99999999"), places=6)


def money_of(value: Any, key: str = "") -> list[str]:
    """Every value whose key ends in `_usd` or stands in `by_source`, however deep."""
    if isinstance(value, dict):
        return [
            found
            for name, inner in value.items()
            for found in money_of(inner, "in_usd" if key == "by_source" else name)
        ]
    if isinstance(value, list):
        return [found for inner in value for found in money_of(inner, key)]
    return [value] if key.endswith("_usd") and value is not None else []


def test_that_the_weekly_report_has_exactly_the_documented_keys() -> None:
    report = weekly_json(weekly())
    assert list(report) == [
        "week", "from", "to", "as_of", "rows", "unassigned", "overhead", "provisional_usd", "sources", "late",
        "skipped_weeks", "seal",
    ]  # fmt: skip
    figures = {"spend_usd", "qpc", "installs", "paid_conversions"}
    for row in report["rows"]:
        assert set(row) == {
            "campaign", "experiment", "status", "week", "total", "tranches_consumed",
            "evaluation_recommended", "reasons",
        }  # fmt: skip
        assert set(row["week"]) == set(row["total"]) == figures
    assert set(report["unassigned"]) == set(report["overhead"]) == {"week_usd", "total_usd"}


def test_that_the_experiment_report_has_exactly_the_documented_keys() -> None:
    report = experiment_json(experiment())
    assert {name: set(inner) if isinstance(inner, dict) else None for name, inner in report.items()} == {
        "experiment": {"id", "name", "campaign", "status"},
        "as_of": None,
        "capital": {"spent_usd", "cap_usd", "by_source", "provisional_usd"},
        "time": {"used_days", "cap_days"},
        "events": set(EVENT_TYPES),
        "tranches": {"size_usd", "consumed", "rows"},
        "pace": {"usd_per_day", "cap_reached_on"},
        "evaluation_recommended": None,
        "reasons": None,
    }
    assert set(report["capital"]["by_source"]) == {"labor", "bonus", "twilio", "gcp"}
    assert set(report["tranches"]["rows"][0]) == {
        "index", "from", "to", "spent_usd", "qpc", "installs", "paid_conversions",
    }  # fmt: skip


def test_that_values_of_the_weekly_report_are_strings_dates_and_numbers_as_agreed() -> None:
    report = weekly_json(weekly())
    assert (report["week"], report["from"], report["to"]) == ("2026-W47", "2026-11-16", "2026-11-22")
    assert report["as_of"] == "2026-11-23T12:00:00.123456Z"
    row = report["rows"][0]
    assert row["week"] == {"spend_usd": "310.250000", "qpc": 12, "installs": 1, "paid_conversions": 1}
    assert row["tranches_consumed"] == "2.4811"
    assert row["evaluation_recommended"] is True
    assert row["reasons"][0] == "Tranche 2 is complete ($1,240.55 spent, $500.00 each)."
    assert report["skipped_weeks"] == ["2026-W45", "2026-W46"]


def test_that_a_late_fact_carries_its_amount_or_its_count_and_not_both() -> None:
    cost, unassigned, event = weekly_json(weekly())["late"]
    assert cost == {
        "kind": "cost", "date": "2026-11-12", "experiment": "Long script", "what": "twilio",
        "amount_usd": "3.100000",
    }  # fmt: skip
    assert unassigned["experiment"] is None
    assert event == {
        "kind": "event", "date": "2026-11-14", "experiment": "Long script", "what": "paid_conversion", "count": 2,
    }  # fmt: skip


def test_that_all_seven_events_and_four_sources_are_there_when_nothing_happened() -> None:
    report = experiment_json(replace(experiment(), events={}, by_source={}, tranches=()))
    assert report["events"] == dict.fromkeys(EVENT_TYPES, 0)
    assert set(report["capital"]["by_source"].values()) == {"0.000000"}
    assert report["tranches"]["rows"] == []


def test_that_what_is_not_known_is_null() -> None:
    report = experiment_json(replace(experiment(), used_days=None, pace=Pace(None, None)))
    assert report["time"]["used_days"] is None
    assert report["pace"] == {"usd_per_day": None, "cap_reached_on": None}
    skipped = report["tranches"]["rows"][1]
    assert (skipped["from"], skipped["to"], skipped["spent_usd"]) == (None, None, "0.000000")
    assert weekly_json(quiet())["seal"] is None


@given(MONEYS, st.decimals(0, 999, places=4))
def test_that_money_has_six_decimals_and_ratios_four(amount: Decimal, consumed: Decimal) -> None:
    report = experiment_json(
        replace(experiment(), spent_usd=amount, by_source={"gcp": amount}, tranches_consumed=consumed.normalize())
    )
    found = money_of(report)
    assert len(found) == 11
    assert all(MONEY.fullmatch(text) for text in found), found
    assert RATIO.fullmatch(report["tranches"]["consumed"])
    assert Decimal(report["capital"]["spent_usd"]) == amount
    assert not report["capital"]["spent_usd"].startswith("-0.000000")


def test_that_names_travel_unchanged() -> None:
    assert json.loads(json.dumps(weekly_json(hostile())))["rows"][0]["experiment"] == HOSTILE
