"""Before a verdict: whose turn it is, which figures moved; with what was shown, and not with something newer."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.models.base import Verdict
from capdesk.services.dates import business_date
from capdesk.services.evaluations import (
    Decision,
    EvidenceChanged,
    evaluate,
    evaluation,
    evaluations_of,
    sealed_row,
    snapshot_of,
)
from capdesk.services.evidence import candidates, moved, seal_of
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.experiment_report import experiment_report
from tests.support import builders
from tests.support.facts import Facts

PASS = Decision(Verdict.PASS, "It goes well.")


@pytest.fixture
def ids(desk: Desk) -> builders.Ids:
    return builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=3))


def spend(desk: Desk, hours: str = "4") -> None:
    email = f"{hours}@example.com"
    Facts(desk).hours(builders.member(desk, email), business_date(builders.database_now(desk), desk.zone), hours)


def test_that_the_report_shown_is_the_one_sealed_though_time_has_passed(desk: Desk, ids: builders.Ids) -> None:
    shown = experiment_report(desk, ids.experiment)
    made = evaluate(desk, ids.experiment, PASS, shown=shown.as_of)
    assert made.as_of == shown.as_of
    assert made.snapshot == snapshot_of(shown) == sealed_row(shown, PASS)["snapshot"]


def test_that_nothing_is_sealed_where_newer_facts_arrived_since_the_report_was_shown(
    desk: Desk, ids: builders.Ids
) -> None:
    shown = experiment_report(desk, ids.experiment)
    spend(desk)
    with pytest.raises(EvidenceChanged, match="Newer facts") as refused:
        evaluate(desk, ids.experiment, PASS, shown=shown.as_of)
    assert desk.read(lambda session: evaluations_of(session, ids.experiment)) == ()
    assert [one.name for one in moved(snapshot_of(shown), snapshot_of(refused.value.newer))][:2] == [
        "spent",
        "spent on labor",
    ]
    made = evaluate(desk, ids.experiment, PASS, shown=refused.value.newer.as_of)
    assert made.snapshot["capital"]["spent_usd"] == "80.000000"


def test_that_another_verdict_meanwhile_counts_as_newer(desk: Desk, ids: builders.Ids) -> None:
    shown = experiment_report(desk, ids.experiment)
    evaluate(desk, ids.experiment, Decision(Verdict.CONTINUE, "Well.", time_cap_days=30))
    with pytest.raises(EvidenceChanged):
        evaluate(desk, ids.experiment, PASS, shown=shown.as_of)


def test_that_the_record_cannot_be_shown_without_a_reason(desk: Desk, ids: builders.Ids) -> None:
    with pytest.raises(UsageRefused):
        sealed_row(experiment_report(desk, ids.experiment), Decision(Verdict.PASS, "  "))


def test_that_an_evaluation_is_found_by_its_number_with_the_seal_that_covers_it(desk: Desk, ids: builders.Ids) -> None:
    made = evaluate(desk, ids.experiment, PASS)
    assert desk.read(lambda session: evaluation(session, made.id)) == made
    assert desk.read(lambda session: seal_of(session, made.id)) is None
    desk.seal()
    assert desk.read(lambda session: seal_of(session, made.id)) is not None


def test_that_those_with_a_reason_come_first_and_what_was_never_started_or_is_judged_not_at_all(
    desk: Desk, ids: builders.Ids
) -> None:
    builders.planned_experiment(desk, campaign="Planned", name="Planned")
    due = builders.running_experiment(desk, campaign="Zebra", name="Ended")
    builders.move(desk, due.experiment, "complete")
    judged = builders.running_experiment(desk, campaign="Autumn", name="Judged")
    builders.move(desk, judged.experiment, "complete")
    evaluate(desk, judged.experiment, PASS)
    as_of = resolve_as_of(desk)
    found = desk.read(lambda session: candidates(session, as_of, desk.zone))
    assert [one.experiment_id for one in found] == [due.experiment, ids.experiment]
    assert [bool(one.reasons) for one in found] == [True, False]


figures = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
snapshots = st.dictionaries(st.text("abcde", min_size=1, max_size=4), figures, max_size=4)


@given(snapshots)
def test_that_a_snapshot_has_not_moved_against_itself(snapshot: dict[str, Any]) -> None:
    assert moved(snapshot, {**copy.deepcopy(snapshot), "as_of": "later"}) == ()


@given(st.dictionaries(st.sampled_from(["qpc", "dials", "installs"]), st.integers(), min_size=1), st.integers())
def test_that_each_figure_that_moved_is_told_once(events: dict[str, int], by: int) -> None:
    after = {name: count + by for name, count in events.items()}
    found = moved({"events": events}, {"events": after})
    assert [one.name for one in found] == (list(events) if by else [])
