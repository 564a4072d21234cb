"""Verdicts: a human decision with the figures it rests on, sealed as they were known; and overrides against them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.models.base import Verdict
from capdesk.services.experiments import LONGEST_DAYS, MOST_TRANCHES
from capdesk.services.money import ZERO, dollars, money
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_at
from capdesk.services.reports.model import EVENT_TYPES, ExperimentReport
from capdesk.services.reports.render_json import experiment_json
from capdesk.services.signals import Caps
from capdesk.services.signals.values import ENDED

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_INSERT = text("""
INSERT INTO evaluation (experiment_id, capital_cap_usd, time_cap_days, tranche_size_usd, verdict, reason,
                        recommended_next_action, admin_notes, snapshot, as_of, admin_user_id)
VALUES (:experiment_id, CAST(:capital_cap_usd AS numeric), :time_cap_days, CAST(:tranche_size_usd AS numeric),
        CAST(:verdict AS verdict), :reason, :recommended_next_action, :admin_notes,
        CAST(:snapshot AS jsonb), CAST(:as_of AS timestamptz), :admin)
RETURNING id
""")

_EVALUATIONS = text("""
SELECT v.id, v.experiment_id, e.name AS experiment, v.created_at, v.as_of, v.verdict::text AS verdict, v.reason,
       v.recommended_next_action, v.admin_notes, v.capital_cap_usd, v.time_cap_days, u.name AS admin, v.snapshot
FROM evaluation v JOIN experiment e ON e.id = v.experiment_id JOIN app_user u ON u.id = v.admin_user_id
WHERE v.experiment_id = :experiment ORDER BY v.id
""")

_OVERRIDES = text("""
SELECT o.evaluation_id, o.id, o.created_at, u.name, o.rationale
FROM override_log o JOIN evaluation v ON v.id = o.evaluation_id JOIN app_user u ON u.id = o.admin_user_id
WHERE v.experiment_id = :experiment ORDER BY o.id
""")

_COSTS_SINCE = text("""
SELECT v.id, sum(r.cost_usd), sum(r.cost_usd) FILTER (WHERE r.date <= (v.as_of AT TIME ZONE desk_zone())::date)
FROM evaluation v JOIN cost_rollup r ON r.experiment_id = v.experiment_id AND r.recorded_at > v.as_of
WHERE v.experiment_id = :experiment GROUP BY 1
""")

_EVENTS_SINCE = text("""
SELECT v.id, t.event_type::text, sum(t.count)::bigint,
       coalesce(sum(t.count) FILTER (WHERE t.date <= (v.as_of AT TIME ZONE desk_zone())::date), 0)::bigint
FROM evaluation v JOIN event_tally t ON t.experiment_id = v.experiment_id AND t.recorded_at > v.as_of
WHERE v.experiment_id = :experiment GROUP BY 1, 2
""")

_OVERRIDE = text("""
INSERT INTO override_log (evaluation_id, admin_user_id, rationale) VALUES (:evaluation, :admin, :rationale)
RETURNING id, created_at, (SELECT name FROM app_user WHERE id = admin_user_id)
""")


@dataclass(frozen=True)
class Decision:
    """What the admin decides. New caps only with `continue`; None keeps the cap in force."""

    verdict: Verdict
    reason: str
    next_action: str = ""
    notes: str = ""
    capital_cap_usd: Decimal | None = None
    time_cap_days: int | None = None


class EvidenceChanged(RuleRefused):
    """The figures are not those the admin saw any more; `newer` is the report with the present ones."""

    def __init__(self, newer: ExperimentReport) -> None:
        super().__init__(
            f'Newer facts about "{newer.experiment}" arrived since its figures were shown, so nothing was sealed: '
            "look at the new figures, then decide again."
        )
        self.newer = newer


@dataclass(frozen=True)
class OverrideRecord:
    """The admin acted against the evaluation, and said why. Nothing follows from it."""

    id: int
    created_at: datetime
    admin: str
    rationale: str


@dataclass(frozen=True)
class Arrived:
    """Spend in dollars and counts of all seven event types, recorded after an evaluation's `as_of`."""

    spent_usd: Decimal
    events: dict[str, int]


@dataclass(frozen=True)
class EvaluationRecord:
    """An evaluation as sealed, and beside it what arrived since: all of it, and the part that is late.

    Late is what is dated up to the date of `as_of`: it would have belonged to the figures judged.
    """

    id: int
    experiment_id: int
    experiment: str
    created_at: datetime
    as_of: datetime
    verdict: str
    reason: str
    recommended_next_action: str
    admin_notes: str
    capital_cap_usd: Decimal
    time_cap_days: int
    admin: str
    snapshot: Mapping[str, Any]
    since: Arrived
    late: Arrived
    overrides: tuple[OverrideRecord, ...]


def evaluate(
    desk: "Desk", experiment_id: int, decision: Decision, *, shown: datetime | None = None
) -> EvaluationRecord:
    """Records the owner's verdict on an experiment with the figures as last known.

    `shown` is the `as_of` of the report the admin decided on: that report is sealed to the byte, and EvidenceChanged
    raised where the figures are other ones by now. Raises NotFound, UsageRefused for an empty reason or an impossible
    cap, RuleRefused for a planned experiment and for new caps where there can be none.
    """
    report = _evidence(desk, experiment_id, shown)
    row = sealed_row(report, decision)
    number = desk.write(lambda session: _insert(session, row, desk.owner_id))
    recorded = desk.read(lambda session: evaluations_of(session, experiment_id))
    return next(one for one in recorded if one.id == number)


def _evidence(desk: "Desk", experiment_id: int, shown: datetime | None) -> ExperimentReport:
    newest = resolve_as_of(desk)
    report = desk.read(lambda session: experiment_at(session, experiment_id, newest, desk.zone))
    if shown is None or shown == newest:
        return report
    seen = desk.read(lambda session: experiment_at(session, experiment_id, min(shown, newest), desk.zone))
    if {**snapshot_of(seen), "as_of": ""} != {**snapshot_of(report), "as_of": ""}:
        raise EvidenceChanged(report)
    return seen


def evaluation(session: Session, evaluation_id: int) -> EvaluationRecord:
    """One evaluation with what arrived since. Raises NotFound."""
    experiment = session.scalar(text("SELECT experiment_id FROM evaluation WHERE id = :id"), {"id": evaluation_id})
    if experiment is None:
        raise NotFound(f"There is no evaluation {evaluation_id}.")
    return next(one for one in evaluations_of(session, experiment) if one.id == evaluation_id)


def evaluations_of(session: Session, experiment_id: int) -> tuple[EvaluationRecord, ...]:
    """The experiment's evaluations, oldest first, each with what arrived since."""
    values = {"experiment": experiment_id}
    overrides: dict[int, list[OverrideRecord]] = {}
    for evaluation, *rest in session.execute(_OVERRIDES, values):
        overrides.setdefault(evaluation, []).append(OverrideRecord(*rest))
    costs = {row[0]: (row[1] or ZERO, row[2] or ZERO) for row in session.execute(_COSTS_SINCE, values)}
    counts: dict[int, dict[str, tuple[int, int]]] = {}
    for evaluation, name, since, late in session.execute(_EVENTS_SINCE, values):
        counts.setdefault(evaluation, {})[name] = (since, late)

    def arrived(evaluation: int, which: int) -> Arrived:
        events = counts.get(evaluation, {})
        spent = costs.get(evaluation, (ZERO, ZERO))[which]
        return Arrived(spent, {name: events.get(name, (0, 0))[which] for name in EVENT_TYPES})

    def record(row: Any) -> EvaluationRecord:
        against = tuple(overrides.get(row["id"], ()))
        return EvaluationRecord(**row, since=arrived(row["id"], 0), late=arrived(row["id"], 1), overrides=against)

    return tuple(map(record, session.execute(_EVALUATIONS, values).mappings()))


def override(session: Session, evaluation_id: int, rationale: str, admin_id: int) -> OverrideRecord:
    """Records that the admin acts against an evaluation. Raises NotFound, UsageRefused without a rationale."""
    if not rationale.strip():
        raise UsageRefused("An override needs a rationale: say with --rationale why you act against the evaluation.")
    if session.scalar(text("SELECT id FROM evaluation WHERE id = :id"), {"id": evaluation_id}) is None:
        raise NotFound(f"There is no evaluation {evaluation_id}: see their numbers with `capdesk evaluate EXPERIMENT`.")
    values = {"evaluation": evaluation_id, "admin": admin_id, "rationale": rationale.strip()}
    number, created_at, admin = session.execute(_OVERRIDE, values).one()
    return OverrideRecord(number, created_at, admin, rationale.strip())


def _caps(report: ExperimentReport, decision: Decision) -> Caps:
    """The caps that hold after the verdict."""
    if not decision.reason.strip():
        raise UsageRefused("A verdict needs a reason: say with --reason what it rests on.")
    new = decision.capital_cap_usd is not None or decision.time_cap_days is not None
    if new and (decision.verdict is not Verdict.CONTINUE or report.status in ENDED):
        raise RuleRefused(
            f'Only a "continue" on an experiment that has not ended sets new caps; "{report.experiment}" is'
            f' {report.status} and the verdict is "{decision.verdict.value}": leave out --cap and --days.'
        )
    capital = report.cap_usd if decision.capital_cap_usd is None else money(decision.capital_cap_usd)
    days = report.cap_days if decision.time_cap_days is None else decision.time_cap_days
    if capital < report.tranche_size_usd or capital / report.tranche_size_usd > MOST_TRANCHES:
        raise UsageRefused(
            f"The capital cap cannot be {dollars(capital)}: it must hold from 1 to {MOST_TRANCHES:,} tranches of"
            f" {dollars(report.tranche_size_usd)}."
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageRefused(f"The time cap is {days} days; it must be from 1 to {LONGEST_DAYS:,}.")
    return Caps(capital, days)


def sealed_row(report: ExperimentReport, decision: Decision) -> dict[str, Any]:
    """What a verdict records of the decision and its evidence, as plain values: what is shown before is this.

    Raises UsageRefused, RuleRefused as `evaluate` does.
    """
    caps = _caps(report, decision)
    return {
        "experiment_id": report.experiment_id,
        "verdict": decision.verdict.value,
        "reason": decision.reason.strip(),
        "recommended_next_action": decision.next_action.strip(),
        "admin_notes": decision.notes.strip(),
        "capital_cap_usd": f"{caps.capital_usd:f}",
        "time_cap_days": caps.time_days,
        "tranche_size_usd": f"{report.tranche_size_usd:f}",
        "as_of": utc_stamp(report.as_of),
        "snapshot": snapshot_of(report),
    }


def _insert(session: Session, row: Mapping[str, Any], admin_id: int) -> int:
    snapshot = json.dumps(row["snapshot"], ensure_ascii=False)
    return int(session.scalar(_INSERT, {**row, "snapshot": snapshot, "admin": admin_id}) or 0)


def snapshot_of(report: ExperimentReport) -> dict[str, Any]:
    """Every figure a verdict rests on, the caps before it included; no estimate."""
    figures = experiment_json(report)
    del figures["pace"]
    before = {"capital_cap_usd": figures["capital"]["cap_usd"], "time_cap_days": report.cap_days}
    return {**figures, "caps_before": before}
