"""Whether an evaluation is recommended, and why."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from capdesk.services.money import dollars
from capdesk.services.reports.model import Reason
from capdesk.services.signals.caps import capital_sentence, in_order, reached, time_sentence
from capdesk.services.signals.tranches import tranches_completed
from capdesk.services.signals.values import ENDED, PastEvaluation, Standing

EVALUATION_PERCENT = 80
EVALUATION_DAYS_LEFT = 3
# strftime would follow the machine's locale, and the same report must read the same everywhere
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def recommendation(standing: Standing, evaluations: Sequence[PastEvaluation]) -> tuple[Reason, ...]:
    """Why an evaluation is recommended; empty where it is not. Evaluations up to the same moment, any order.

    A planned experiment never has a reason. An ended one has a single reason, its end, until an evaluation
    is recorded after the end was. Otherwise:

    - a tranche was completed since the newest evaluation's snapshot;
    - 80 % of the capital cap in force is reached and **unanswered**;
    - 80 % of the time cap in force is used or at most 3 days are left, and that is unanswered. The two are
      one threshold, whichever comes first.

    A threshold is answered by any evaluation that was made (a) under the cap in force now, and (b) when its
    snapshot was at or above that same threshold. "Under" means that the cap before it equals the cap in
    force. Hence the `continue` that moves a cap answers nothing of the new cap: if the new cap is at its
    threshold at once, it is recommended at once. One that moves only the other cap does answer. A cap is
    its amount, as for alerts: returning to an earlier amount brings back the answers given under it.
    """
    if standing.status == "planned":
        return ()
    past = in_order(evaluations)
    if standing.status in ENDED:
        return _ended(standing, past)
    return _tranche_completed(standing, past) + _capital_threshold(standing, past) + _time_threshold(standing, past)


def _ended(standing: Standing, past: Sequence[PastEvaluation]) -> tuple[Reason, ...]:
    on, recorded = standing.ended_on, standing.ended_recorded_at
    if on is None or recorded is None:
        raise ValueError("an ended experiment needs ended_on and ended_recorded_at")
    if any(evaluation.recorded_at > recorded for evaluation in past):
        return ()
    missing = "has not been evaluated since" if past else "has no verdict yet"
    return (Reason("ended", f"It ended on {on.day} {_MONTHS[on.month - 1]} and {missing}."),)


def _tranche_completed(standing: Standing, past: Sequence[PastEvaluation]) -> tuple[Reason, ...]:
    size, cap, spent = standing.tranche_size_usd, standing.caps.capital_usd, standing.spent_usd
    now = tranches_completed(spent, size)
    seen = tranches_completed(past[-1].spent_usd, size) if past else 0
    if now <= seen:
        return ()
    in_cap = int((cap / size).to_integral_value(ROUND_CEILING))
    which = f"Tranche {now}" if now == seen + 1 else f"Tranches {seen + 1} to {now}"
    of = f" of {in_cap}" if now <= in_cap else ""
    verb = "is" if now == seen + 1 else "are"
    text = f"{which}{of} {verb} used up ({dollars(spent)} of {dollars(cap)} spent)."
    return (Reason("tranche_completed", text),)


def _capital_threshold(standing: Standing, past: Sequence[PastEvaluation]) -> tuple[Reason, ...]:
    cap, spent = standing.caps.capital_usd, standing.spent_usd
    answered = any(
        one.capital_cap_before_usd == cap and reached(one.spent_usd, cap, EVALUATION_PERCENT) for one in past
    )
    if answered or not reached(spent, cap, EVALUATION_PERCENT):
        return ()
    return (Reason("capital_threshold", capital_sentence(spent, cap)),)


def _time_threshold(standing: Standing, past: Sequence[PastEvaluation]) -> tuple[Reason, ...]:
    cap, used = standing.caps.time_days, standing.used_days
    answered = any(one.time_cap_before_days == cap and _time_is_short(one.used_days, cap) for one in past)
    if used is None or answered or not _time_is_short(used, cap):
        return ()
    return (Reason("time_threshold", time_sentence(used, cap)),)


def _time_is_short(used: int | None, cap: int) -> bool:
    if used is None:
        return False
    return reached(Decimal(used), Decimal(cap), EVALUATION_PERCENT) or cap - used <= EVALUATION_DAYS_LEFT
