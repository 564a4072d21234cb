"""What Twilio says the demo's calls cost, as its API answers: on the last day's morning, and on the morning after.

The later one states the last day, too, and restates some of those before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from capdesk.services.demo.calling import Call
from capdesk.services.demo.plan import DemoStory
from capdesk.services.demo.story import TWILIO_MAIN

_MINUTE, _RECORDED_MINUTE, _DETECTION = Decimal("0.0140"), Decimal("0.0025"), Decimal("0.0075")
_UNBILLED = frozenset({"Busy", "No Answer"})
_RECORDED_FROM_S = 150
LATE_FEE = Decimal("3.10000")  # what the last day of an ended experiment turns out to have cost more
_LATE_MINUTES = Decimal("1.04")
_LOOK_BACK = timedelta(days=13)  # so that it holds days of each account, also of one that rests


@dataclass
class _Usage:
    """One account's day, counted from its calls."""

    calls: int = 0
    minutes: int = 0
    recorded: int = 0

    def prices(self) -> dict[str, tuple[Decimal, int, str]]:
        """category → price, count, usage; the total comes last."""
        spoken, kept, tried = self.minutes * _MINUTE, self.recorded * _RECORDED_MINUTE, self.calls * _DETECTION
        return {
            "calls": (spoken, self.calls, str(self.minutes)),
            "calls-outbound": (spoken, self.calls, str(self.minutes)),
            "calls-recordings": (kept, self.recorded, str(self.recorded)),
            "answering-machine-detection": (tried, self.calls, str(self.calls)),
            "totalprice": (spoken + kept + tried, 0, str(spoken + kept + tried)),
        }


Days = dict[tuple[str, date], _Usage]


def usage_answers(story: DemoStory, calls: Mapping[str, Iterable[Call]]) -> tuple[list[Any], list[Any]]:
    """The first file's answers and the restating file's, one per account (and one for the single old day)."""
    accounts = {m.campaign: m.value for m in story.mappings if m.provider == "twilio"}
    days = _days(accounts, calls)
    order = sorted(accounts.values(), key=lambda account: account != TWILIO_MAIN)
    before = story.last_day - timedelta(days=1)
    known = {account: _of(days, account, story.first_day, before) for account in order}
    first = [_answer(account, known[account], f"{story.last_day}T02:00:00+00:00", {}) for account in order]
    corrected = {
        key: usage.prices()["totalprice"][0] * (_LATE_MINUTES - 1)
        for stated in known.values()
        for key, usage in list(stated.items())[-2:]
    }
    as_of, since = story.over_at.isoformat(timespec="seconds"), story.last_day - _LOOK_BACK
    again = [_answer(account, _of(days, account, since, story.last_day), as_of, corrected) for account in order]
    ended = _last_ended_day(story, accounts)
    return first, [*again, _answer(ended[0], {ended: days[ended]}, as_of, {ended: LATE_FEE})]


def _days(accounts: Mapping[str, str], calls: Mapping[str, Iterable[Call]]) -> Days:
    days: Days = defaultdict(_Usage)
    for campaign, made in calls.items():
        for call in made:
            usage = days[accounts[campaign], call.started_at.astimezone(UTC).date()]
            minutes = 0 if call.outcome in _UNBILLED else -(-call.seconds // 60)
            usage.calls += 1
            usage.minutes += minutes
            usage.recorded += minutes if call.seconds >= _RECORDED_FROM_S else 0
    return dict(days)


def _of(days: Days, account: str, since: date, until: date) -> Days:
    """In order of days."""
    return {key: days[key] for key in sorted(days) if key[0] == account and since <= key[1] <= until}


def _last_ended_day(story: DemoStory, accounts: Mapping[str, str]) -> tuple[str, date]:
    ended = next(e for e in story.experiments if e.status == "completed")
    last = ended.runs[-1].ended_at
    return accounts[ended.campaign], (last or ended.runs[-1].started_at).date()


def _answer(account: str, days: Days, as_of: str, more: Mapping[tuple[str, date], Decimal]) -> dict[str, Any]:
    records = [record for key, usage in days.items() for record in _records(key, usage, as_of, more.get(key))]
    uri = f"/2010-04-01/Accounts/{account}/Usage/Records/Daily.json"
    span = f"StartDate={min(days)[1]}&EndDate={max(days)[1]}&IncludeSubaccounts=false&PageSize=1000&Page=0"
    return {
        "end": len(records) - 1,
        "first_page_uri": f"{uri}?{span}",
        "next_page_uri": None,
        "page": 0,
        "page_size": 1000,
        "previous_page_uri": None,
        "start": 0,
        "uri": f"{uri}?{span}",
        "usage_records": records,
    }


def _records(key: tuple[str, date], usage: _Usage, as_of: str, more: Decimal | None) -> Iterable[dict[str, Any]]:
    account, day = key
    prices = usage.prices()
    for category, (price, count, amount) in prices.items():
        total = category == "totalprice"
        yield {
            "account_sid": account,
            "api_version": "2010-04-01",
            "as_of": as_of,
            "category": category,
            "count": None if total else str(count),
            "count_unit": "" if total else "calls",
            "description": category.replace("-", " ").title(),
            "end_date": day.isoformat(),
            "price": str((price + (more or 0)).quantize(Decimal("0.00001")) if total else price),
            "price_unit": "usd",
            "start_date": day.isoformat(),
            "usage": amount,
            "usage_unit": "usd" if total else "minutes",
        }
