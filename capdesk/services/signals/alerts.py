"""Interrupt alerts: once per threshold and cap in force."""

from collections.abc import Collection
from decimal import Decimal

from capdesk.services.signals.caps import capital_sentence, reached, time_sentence
from capdesk.services.signals.values import Alert, AlertKey, AlertKind, Caps

CAPITAL_ALERTS = (80, 90, 100)
TIME_ALERTS = (80, 100)


def alerts_due(
    caps: Caps, spent_usd: Decimal, used_days: int | None, already: Collection[AlertKey]
) -> tuple[Alert, ...]:
    """At most one alert for capital and one for time: the highest threshold reached of each cap in force.

    `already` is what was raised before for the experiment, under whatever cap. A threshold raised settles
    the lower ones of the same cap, so what a jump passes over is never sent later. Another cap starts anew.
    """
    due = []
    capital = _due("capital", CAPITAL_ALERTS, spent_usd, caps.capital_usd, already)
    if capital is not None:
        text = capital_sentence(spent_usd, caps.capital_usd)
        due.append(Alert("capital", capital, caps.capital_usd, text))
    if used_days is not None:
        time = _due("time", TIME_ALERTS, Decimal(used_days), Decimal(caps.time_days), already)
        if time is not None:
            due.append(Alert("time", time, Decimal(caps.time_days), time_sentence(used_days, caps.time_days)))
    return tuple(due)


def _due(
    kind: AlertKind, thresholds: tuple[int, ...], value: Decimal, cap: Decimal, already: Collection[AlertKey]
) -> int | None:
    highest = max((one for one in thresholds if reached(value, cap, one)), default=0)
    settled = max((key.threshold for key in already if key.kind == kind and key.cap == cap), default=0)
    return highest if highest > settled else None
