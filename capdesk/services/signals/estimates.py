"""The one estimate: how fast capital goes, and when the cap is reached at that pace. For display only."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from capdesk.services.money import ZERO, money
from capdesk.services.reports.model import Pace
from capdesk.services.signals.values import DayFigures

PACE_DAYS = 7


def pace(days: Sequence[DayFigures], *, started_on: date | None, today: date, cap_usd: Decimal, ended: bool) -> Pace:
    """An estimate, for display only: dollars per day, and the date the cap in force is reached at it.

    `days` is every day of the experiment up to now, one item each; `today` the current business date.
    The days that count run from the first start's date to yesterday, at most the last 7, those without
    spend included. None without such a day, and once ended: nothing more will be spent.
    """
    if ended or started_on is None or started_on >= today:
        return Pace(None, None)
    since = max(started_on, today - timedelta(days=PACE_DAYS))
    spend = sum((one.spend_usd for one in days if since <= one.day < today), ZERO)
    per_day = money(spend / (today - since).days)
    return Pace(per_day, _cap_reached_on(days, per_day, today, cap_usd))


def _cap_reached_on(days: Sequence[DayFigures], per_day: Decimal, today: date, cap_usd: Decimal) -> date | None:
    """Today counts as a day at the pace, or as what it has spent already if that is more.

    None where nothing is to be foretold: the cap is reached already, is never reached at this pace, or only
    beyond the calendar.
    """
    before_today = sum((one.spend_usd for one in days if one.day < today), ZERO)
    spent = before_today + sum((one.spend_usd for one in days if one.day >= today), ZERO)
    if per_day <= 0 or spent >= cap_usd:
        return None
    left_tonight = max(cap_usd - max(spent, before_today + per_day), ZERO)
    more_days = int((left_tonight / per_day).to_integral_value(ROUND_CEILING))
    return today + timedelta(days=more_days) if more_days <= (date.max - today).days else None
