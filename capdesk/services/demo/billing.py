"""What Google Cloud says the demo's projects cost: billing-export rows, and a later export of the last days."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from capdesk.services.demo.plan import DemoStory, dice
from capdesk.services.demo.story import BILLING_ACCOUNT

LATE_DAYS = 5

Item = tuple[dict[str, str], dict[str, str]]  # service and SKU
_CPU: Item = (
    {"id": "152E-C115-5142", "description": "Cloud Run"},
    {"id": "9F1A-4C77-20B3", "description": "CPU Allocation Time"},
)
_ANALYSIS: Item = (
    {"id": "24E6-581D-38E5", "description": "BigQuery"},
    {"id": "1DF5-9A35-B0C6", "description": "Analysis"},
)
_MACHINE: Item = (
    {"id": "6F81-5844-456A", "description": "Compute Engine"},
    {"id": "A7E2-0C5D-6B18", "description": "N2 Instance Core running in Americas"},
)
_OUTREACH = {"id": "outreach-core", "number": "418200317554", "name": "Outreach core"}
_SCORING = {"id": "solar-scoring", "number": "905113467720", "name": "Solar scoring"}
_SANDBOX = {"id": "data-sandbox", "number": "733940026118", "name": "Data sandbox"}


def billing_rows(story: DemoStory, seed: int) -> tuple[list[Any], list[Any]]:
    """The export of the day before the last, and one of the last days only: rows known, late ones, an adjustment."""
    by_day = {day: list(_day(story, day, dice(seed, "billing", (day - story.first_day).days))) for day in story.days()}
    first = [row for day, rows in by_day.items() if day < story.last_day for row in rows]
    late = [day for day in by_day if day > story.last_day - timedelta(days=LATE_DAYS)]
    again = [row for day in late for row in (*by_day[day], *_late(day, late))]
    return _stamped(first, f"{story.last_day} 03:00:00 UTC"), _stamped(again, f"{story.over_at:%Y-%m-%d %H:%M:%S} UTC")


def _day(story: DemoStory, day: date, rolls: Random) -> Iterator[dict[str, Any]]:
    for campaign in story.campaigns:
        if day < campaign.start_date:
            continue
        project, labels = (_SCORING, []) if campaign.key == "solar" else (_OUTREACH, _labels(campaign.key))
        for hour in (9, 15):
            cost = round(rolls.uniform(0.4, 1.3), 6)
            yield _row(day, hour, project, labels, _CPU, cost, round(-cost * 0.1, 6))
        yield _row(day, 22, project, labels, _ANALYSIS, round(rolls.uniform(0.2, 0.9), 6), 0.0)
    if day == story.week.monday + timedelta(days=3):
        # a machine somebody left running: no campaign pays for it until it is mapped
        yield _row(day, 11, _SANDBOX, [], _MACHINE, 52.1, -3.5)


def _late(day: date, late: list[date]) -> Iterator[dict[str, Any]]:
    """What arrives after the first export: usage reported late, and a correction, which is a row of its own."""
    if day == late[0]:
        yield _row(day, 15, _OUTREACH, _labels("roofers"), _CPU, 0.85, 0.0)
    if day == late[1]:
        yield _row(day, 22, _SCORING, [], _ANALYSIS, -1.2, 0.0) | {"cost_type": "adjustment"}


def _labels(campaign: str) -> list[dict[str, str]]:
    return [{"key": "campaign", "value": campaign}, {"key": "env", "value": "prod"}]


def _row(
    day: date,
    hour: int,
    project: dict[str, str],
    labels: list[dict[str, str]],
    item: Item,
    cost: float,
    credit: float,
) -> dict[str, Any]:
    credits = {"name": "Sustained usage", "amount": credit, "full_name": None, "id": None, "type": "DISCOUNT"}
    return {
        "billing_account_id": BILLING_ACCOUNT,
        "service": item[0],
        "sku": item[1],
        "usage_start_time": f"{day} {hour:02d}:00:00 UTC",
        "usage_end_time": f"{day} {hour + 1:02d}:00:00 UTC",
        "project": {**project, "labels": [{"key": "team", "value": "growth"}], "ancestors": []},
        "labels": labels,
        "system_labels": [],
        "location": {"location": "us-east4", "country": "US", "region": "us-east4", "zone": None},
        "cost": cost,
        "currency": "USD",
        "currency_conversion_rate": 1.0,
        "usage": {"amount": round(cost * 3600, 1), "unit": "seconds"},
        "credits": [credits] if credit else [],
        "invoice": {"month": f"{day:%Y%m}"},
        "cost_type": "regular",
        "adjustment_info": None,
    }


def _stamped(rows: list[Any], export_time: str) -> list[Any]:
    return [{**row, "export_time": export_time} for row in rows]
