"""Passing a verdict: what is shown is what is sealed, and what was typed is never lost."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.models.base import Verdict
from capdesk.services.dates import business_date
from capdesk.services.evaluations import EvaluationRecord, evaluations_of
from capdesk.services.plain import utc_stamp
from capdesk.views.forms.form import FormDialog
from capdesk.views.pages.evaluations.decide import EvaluatePage
from capdesk.views.pages.evaluations.one import EvaluationPage
from capdesk.views.pages.evaluations.page import EvaluationsPage
from capdesk.views.pages.overrides import OverridesPage
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle


@pytest.fixture
def went(workspace: Workspace) -> list[Place]:
    """Where the page wanted to go."""
    places: list[Place] = []
    workspace.went.connect(places.append)
    return places


@pytest.fixture
def ids(desk: Desk) -> builders.Ids:
    """A running experiment with $80.00 spent of $1,000.00."""
    start = builders.database_now(desk) - timedelta(days=5)
    made = builders.running_experiment(desk, at=start, name="<b>Scripts</b>")
    spend(desk, builders.member(desk))
    return made


@pytest.fixture
def page(qtbot: QtBot, workspace: Workspace, settle: Settle, ids: builders.Ids) -> EvaluatePage:
    made = EvaluatePage(workspace)
    qtbot.addWidget(made)
    made.resize(1000, 760)
    made.show()
    made.open(Place("evaluate", ids.experiment))
    settle()
    return made


def spend(desk: Desk, member: int, hours: str = "4") -> None:
    Facts(desk).hours(member, business_date(builders.database_now(desk), desk.zone), hours)


def of(desk: Desk, ids: builders.Ids) -> tuple[EvaluationRecord, ...]:
    return desk.read(lambda session: evaluations_of(session, ids.experiment))


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def dialog_of(page: QWidget) -> FormDialog:
    return next(one for one in page.findChildren(FormDialog) if one.isVisible())


def press(qtbot: QtBot, widget: QWidget, name: str) -> None:
    found = next(one for one in widget.findChildren(QPushButton, name) if one.isVisibleTo(widget))
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def decide(qtbot: QtBot, page: EvaluatePage, verdict: Verdict, reason: str = "It goes well.") -> None:
    QTest.keyClick(page.form.choices[verdict].radio, Qt.Key.Key_Space)
    QTest.keyClicks(page.form.reason.notes, reason)


def seal(qtbot: QtBot, page: EvaluatePage, settle: Settle) -> None:
    press(qtbot, page, "button-seal-this-verdict")
    press(qtbot, dialog_of(page), "button-seal-it")
    settle()


# what is sealed


def test_that_what_the_page_shows_is_what_is_sealed_to_the_byte(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids, went: list[Place]
) -> None:
    decide(qtbot, page, Verdict.PASS)
    page.record.toggle.click()
    shown = json.loads(page.record.content.toPlainText())
    seal(qtbot, page, settle)
    [made] = of(desk, ids)
    assert shown["snapshot"] == made.snapshot
    assert (shown["verdict"], shown["reason"]) == (made.verdict, made.reason) == ("pass", "It goes well.")
    assert shown["as_of"] == utc_stamp(made.as_of)
    assert went == [Place("evaluation", made.id)]


def test_that_continue_sets_new_caps_and_the_confirmation_repeats_them(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids
) -> None:
    decide(qtbot, page, Verdict.CONTINUE)
    QTest.keyClicks(page.form.cap.line, "3,000")
    QTest.keyClicks(page.form.days.line, "20")
    press(qtbot, page, "button-seal-this-verdict")
    assert "$1,000.00 → $3,000.00" in words(dialog_of(page))
    assert "10 days → 20 days" in words(dialog_of(page))
    press(qtbot, dialog_of(page), "button-seal-it")
    settle()
    [made] = of(desk, ids)
    assert (made.capital_cap_usd, made.time_cap_days) == (Decimal(3000), 20)


def test_that_new_caps_are_offered_with_continue_only(qtbot: QtBot, page: EvaluatePage) -> None:
    decide(qtbot, page, Verdict.CONTINUE)
    QTest.keyClicks(page.form.cap.line, "3000")
    assert page.form.cap.isVisible()
    QTest.keyClick(page.form.choices[Verdict.STOP].radio, Qt.Key.Key_Space)
    assert not page.form.cap.isVisible()
    decision = page.form.decision()
    assert decision is not None
    assert decision.capital_cap_usd is None


def test_that_an_ended_experiment_is_offered_no_new_caps(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids
) -> None:
    builders.move(desk, ids.experiment, "complete")
    page.reload()
    settle()
    decide(qtbot, page, Verdict.CONTINUE)
    assert not page.form.cap.isVisible()


# the race between showing and sealing


def test_that_a_fact_recorded_between_showing_and_sealing_is_shown_before_anything_is_sealed(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids
) -> None:
    decide(qtbot, page, Verdict.PASS)
    press(qtbot, page, "button-seal-this-verdict")
    spend(desk, builders.member(desk, "ben@example.com"))
    press(qtbot, dialog_of(page), "button-seal-it")
    settle()
    assert of(desk, ids) == ()
    assert "spent: $80.00 → $160.00" in words(page.news)
    assert page.news.isVisible()
    assert page.form.draft().reason == "It goes well."
    seal(qtbot, page, settle)
    [made] = of(desk, ids)
    assert made.snapshot["capital"]["spent_usd"] == "160.000000"


def test_that_facts_that_arrive_while_one_decides_are_told_and_nothing_typed_is_lost(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk
) -> None:
    decide(qtbot, page, Verdict.FAIL, "Too dear.")
    spend(desk, builders.member(desk, "ben@example.com"))
    page.reload()
    settle()
    assert "spent: $80.00 → $160.00" in words(page.news)
    assert (page.form.verdict(), page.form.draft().reason) == (Verdict.FAIL, "Too dear.")


def test_that_a_reload_without_news_says_nothing(page: EvaluatePage, settle: Settle) -> None:
    page.reload()
    settle()
    assert not page.news.isVisible()


# what cannot be sealed


def test_that_a_verdict_without_choice_or_reason_is_refused_in_place(qtbot: QtBot, page: EvaluatePage) -> None:
    press(qtbot, page, "button-seal-this-verdict")
    assert "Choose one of the four verdicts." in words(page)
    QTest.keyClick(page.form.choices[Verdict.PASS].radio, Qt.Key.Key_Space)
    press(qtbot, page, "button-seal-this-verdict")
    assert "Reason is needed." in words(page)
    assert not page.findChildren(FormDialog)


def test_that_an_impossible_cap_is_refused_before_the_confirmation(qtbot: QtBot, page: EvaluatePage) -> None:
    decide(qtbot, page, Verdict.CONTINUE)
    QTest.keyClicks(page.form.cap.line, "3")
    press(qtbot, page, "button-seal-this-verdict")
    assert "it must hold from 1 to" in words(page)
    assert page.form.cap.line.text() == "3"


def test_that_a_planned_experiment_is_refused_kindly(
    qtbot: QtBot, workspace: Workspace, settle: Settle, desk: Desk, went: list[Place]
) -> None:
    planned = builders.planned_experiment(desk)
    made = EvaluatePage(workspace)
    qtbot.addWidget(made)
    made.open(Place("evaluate", planned.experiment))
    made.show()
    settle()
    assert "has not started" in words(made)
    assert not made.seal.isVisible()
    press(qtbot, made, "button-open-the-experiment")
    assert went == [Place("experiment", planned.experiment)]


def test_that_without_an_experiment_those_that_are_due_are_offered(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, ids: builders.Ids, went: list[Place]
) -> None:
    page.open(Place("evaluate"))
    settle()
    press(qtbot, page, f"evaluate-{ids.experiment}")
    assert went == [Place("evaluate", ids.experiment)]


def test_that_an_empty_desk_says_what_to_do_first(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    made = EvaluatePage(workspace)
    qtbot.addWidget(made)
    made.show()
    made.open(Place("evaluate"))
    settle()
    assert "Nothing to evaluate" in words(made)


# what is kept


def test_that_what_was_typed_is_there_again_after_another_experiment(
    qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids
) -> None:
    decide(qtbot, page, Verdict.CONTINUE, "Wait a week.")
    other = builders.running_experiment(desk, campaign="Summer", name="Other")
    for number in (other.experiment, None, ids.experiment):
        page.open(Place("evaluate", number))
        settle()
        if number == other.experiment:
            assert page.form.draft().reason == ""
    assert (page.form.verdict(), page.form.draft().reason) == (Verdict.CONTINUE, "Wait a week.")


def test_that_names_are_shown_as_text_and_never_as_markup(page: EvaluatePage) -> None:
    assert page.heading.text() == "Evaluate <b>Scripts</b>"
    labels = [one for one in page.findChildren(QLabel) if "<b>" in one.text()]
    assert {one.textFormat() for one in labels} == {Qt.TextFormat.PlainText}


# afterwards


@pytest.fixture
def sealed(qtbot: QtBot, page: EvaluatePage, settle: Settle, desk: Desk, ids: builders.Ids) -> EvaluationRecord:
    decide(qtbot, page, Verdict.CONTINUE)
    seal(qtbot, page, settle)
    return of(desk, ids)[0]


@pytest.fixture
def one(qtbot: QtBot, workspace: Workspace, settle: Settle, sealed: EvaluationRecord) -> EvaluationPage:
    made = EvaluationPage(workspace)
    qtbot.addWidget(made)
    made.show()
    made.open(Place("evaluation", sealed.id))
    settle()
    return made


def test_that_an_evaluation_shows_what_was_sealed_and_beside_it_what_arrived_since(
    one: EvaluationPage, settle: Settle, desk: Desk
) -> None:
    evidence, since = one.findChild(QWidget, "evidence"), one.findChild(QWidget, "arrived-since")
    assert isinstance(evidence, QWidget)
    assert isinstance(since, QWidget)
    assert "$80.00" in words(evidence)
    assert "$80.00" not in words(since)
    before = words(evidence)
    spend(desk, builders.member(desk, "ben@example.com"), "5")
    one.reload()
    settle()
    assert words(since).count("$100.00") == 2
    assert words(evidence) == before


def test_that_a_sealed_evaluation_names_the_seal_that_covers_it(one: EvaluationPage) -> None:
    assert "Covered by seal" in words(one)


def test_that_an_evaluation_offers_nothing_that_edits_it(one: EvaluationPage) -> None:
    shown = {button.objectName() for button in one.findChildren(QPushButton)}
    assert shown == {"button-record-an-override", "button-open-experiment"}
    assert one._record_text.content.isReadOnly()


def test_that_an_override_needs_a_rationale_and_is_then_shown(
    qtbot: QtBot, one: EvaluationPage, settle: Settle, desk: Desk, ids: builders.Ids
) -> None:
    press(qtbot, one, "button-record-an-override")
    press(qtbot, dialog_of(one), "button-record-it")
    assert "Rationale is needed." in words(dialog_of(one))
    dialog_of(one).form.set_values({"rationale": "The market <i>moved</i>."})
    press(qtbot, dialog_of(one), "button-record-it")
    settle()
    assert [against.rationale for against in of(desk, ids)[0].overrides] == ["The market <i>moved</i>."]
    assert "The market <i>moved</i>." in words(one)


def test_that_an_unknown_evaluation_is_one_sentence(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    said: list[Message] = []
    workspace.said.connect(said.append)
    made = EvaluationPage(workspace)
    qtbot.addWidget(made)
    made.open(Place("evaluation", 99))
    settle()
    assert [one.text for one in said] == ["There is no evaluation 99."]


def test_that_the_lists_lead_to_the_evaluation(
    qtbot: QtBot, workspace: Workspace, settle: Settle, one: EvaluationPage, went: list[Place]
) -> None:
    one.ask_to_override()
    dialog_of(one).form.set_values({"rationale": "No."})
    press(qtbot, dialog_of(one), "button-record-it")
    settle()
    evaluations, overrides = EvaluationsPage(workspace), OverridesPage(workspace)
    for page in (evaluations, overrides):
        qtbot.addWidget(page)
        page.open(Place(page.key))
        settle()
        page.open_record(1)
        settle()
    assert went[-2:] == [Place("evaluation", 1), Place("evaluation", 1)]


def test_that_a_typed_verdict_is_unsaved_until_it_is_sealed_or_emptied(
    page: EvaluatePage, settle: Settle, ids: builders.Ids
) -> None:
    assert page.unsaved() == ""
    page.form.reason.notes.setPlainText("It holds.")
    assert page.unsaved() == "a verdict on <b>Scripts</b>"
    page.open(Place("evaluate"))
    settle()
    assert page.unsaved() == "a verdict on <b>Scripts</b>"
    page.open(Place("evaluate", ids.experiment))
    settle()
    assert page.form.reason.value() == "It holds."
    page.form.reason.notes.clear()
    assert page.unsaved() == ""
