"""Planning an experiment, and changing it while it is planned."""

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.models.base import EventType
from capdesk.services.experiments import ExperimentRow, edit_experiment, list_experiments
from capdesk.views.forms.form import FormDialog
from capdesk.views.pages.experiment.forms import ExperimentForm, experiment_dialog
from capdesk.views.pages.experiment.rules import tranche_words
from capdesk.views.pages.experiments import ExperimentsPage
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.views.conftest import Settle
from tests.views.pages.filling import is_gone

ENTERED = {
    "name": "Evening calls",
    "hypothesis": "Evenings book more.",
    "capital_cap_usd": "$1,500",
    "tranche_size_usd": "500",
    "time_cap_days": "30",
}


def fill(qtbot: QtBot, form: ExperimentForm, **entered: str) -> None:
    for key, words in entered.items():
        editor = form.fields[key].editor
        if isinstance(editor, QLineEdit):
            editor.clear()
        QTest.keyClicks(editor, words)


def opened(qtbot: QtBot, dialog: FormDialog, settle: Settle) -> ExperimentForm:
    qtbot.addWidget(dialog.parentWidget() or dialog)
    dialog.open()
    settle()
    assert isinstance(dialog.form, ExperimentForm)
    return dialog.form


def press(qtbot: QtBot, dialog: FormDialog, name: str) -> None:
    found = dialog.findChild(QPushButton, name)
    assert found is not None
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def below(form: ExperimentForm, key: str) -> str:
    return form.fields[key].editor.accessibleDescription()


def test_that_an_experiment_is_planned_with_its_rules(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Autumn")
    spring = builders.campaign(desk)
    made: list[ExperimentRow] = []
    dialog = experiment_dialog(workspace, spring, None, None, made.append)
    form = opened(qtbot, dialog, settle)
    fill(qtbot, form, **ENTERED)
    assert form.tranches.text() == "3 tranches of $500.00."
    form.secondary.boxes[EventType.QPC].click()
    bonus = dialog.findChild(QLineEdit, "field-bonus_rules-qpc")
    assert bonus is not None
    QTest.keyClicks(bonus, "2.50")
    press(qtbot, dialog, "button-plan-experiment")
    settle()
    assert is_gone(dialog)
    [row] = made
    assert (row.campaign, row.name, row.time_cap_days) == ("Spring", "Evening calls", 30)
    assert (row.capital_cap_usd, row.tranche_size_usd) == (Decimal(1500), Decimal(500))
    assert row.primary_success_event is EventType.CALCULATOR_INSTALLED
    assert row.secondary_events == [EventType.QPC]
    assert row.bonus_rules == {EventType.QPC: Decimal("2.5")}


def test_that_an_edit_begins_with_what_is_recorded_and_takes_bonuses_away(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk, bonus={"qpc": "2.50", "paid_conversion": "75"})
    dialog = experiment_dialog(workspace, None, ids.experiment)
    form = opened(qtbot, dialog, settle)
    assert form.values()["capital_cap_usd"] == 1000
    assert form.values()["bonus_rules"] == {EventType.QPC: Decimal("2.5"), EventType.PAID_CONVERSION: Decimal(75)}
    assert not form.campaign.isVisible()
    fill(qtbot, form, name="3", time_cap_days="12")
    bonus = dialog.findChild(QLineEdit, "field-bonus_rules-qpc")
    assert bonus is not None
    bonus.clear()
    press(qtbot, dialog, "button-save")
    settle()
    [row] = desk.read(list_experiments)
    assert (row.name, row.time_cap_days, row.bonus_rules) == ("3", 12, {EventType.PAID_CONVERSION: Decimal(75)})
    assert row.secondary_events == [EventType.QPC]


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("capital_cap_usd", "0", "The capital cap must be more than $0."),
        ("tranche_size_usd", "1500.01", "It must be more than $0 and at most the cap, $1,500.00."),
        ("tranche_size_usd", "0.01", "That makes more than 10,000 tranches; choose larger ones."),
        ("time_cap_days", "0", "It must be from 1 to 36,500 days."),
        ("capital_cap_usd", "1,50", "'1,50' is not an amount in dollars; write it like 1234.50."),
        ("name", "", "Name is needed."),
    ],
)
def test_that_what_cannot_be_is_said_at_its_field(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, key: str, words: str, said: str
) -> None:
    builders.campaign(desk)
    dialog = experiment_dialog(workspace)
    form = opened(qtbot, dialog, settle)
    fill(qtbot, form, **{**ENTERED, key: words})
    press(qtbot, dialog, "button-plan-experiment")
    settle()
    assert dialog.isVisible()
    assert below(form, key) == said
    assert desk.read(list_experiments) == []


def test_that_a_bonus_is_an_amount_above_zero(qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle) -> None:
    builders.campaign(desk)
    dialog = experiment_dialog(workspace)
    form = opened(qtbot, dialog, settle)
    fill(qtbot, form, **ENTERED)
    bonus = dialog.findChild(QLineEdit, "field-bonus_rules-qpc")
    assert bonus is not None
    QTest.keyClicks(bonus, "-1")
    press(qtbot, dialog, "button-plan-experiment")
    assert below(form, "bonus_rules") == "The bonus for QPC is -$1.00; it must be more than $0."
    assert bonus.property("wrong")


def test_that_the_primary_event_is_none_of_the_secondary_ones(qtbot: QtBot) -> None:
    form = ExperimentForm()
    qtbot.addWidget(form)
    form.secondary.set_value((EventType.QPC, EventType.INSTALL_ATTENDED))
    form.primary.set_value(EventType.QPC)
    assert form.secondary.value() == (EventType.INSTALL_ATTENDED,)


def test_that_without_a_campaign_it_is_said_what_comes_first(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    form = opened(qtbot, experiment_dialog(workspace), settle)
    assert below(form, "campaign") == "There is no campaign yet: make one first, an experiment belongs to it."


def test_that_a_locked_experiment_refuses_an_edit_begun_before(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk)
    dialog = experiment_dialog(workspace, None, ids.experiment)
    form = opened(qtbot, dialog, settle)
    builders.move(desk, ids.experiment, "start")
    fill(qtbot, form, name="Other")
    press(qtbot, dialog, "button-save")
    settle()
    error = dialog.findChild(QLabel, "form-error")
    assert error is not None
    assert "its rules are locked since its first start" in error.text()
    assert form.fields["name"].value() == "Other"


def test_that_a_change_by_another_window_meanwhile_is_told_and_kept(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk)
    dialog = experiment_dialog(workspace, None, ids.experiment)
    form = opened(qtbot, dialog, settle)
    desk.write(lambda session: edit_experiment(session, ids.experiment, bonus_rules={EventType.QPC: Decimal(4)}))
    fill(qtbot, form, name="Other")
    press(qtbot, dialog, "button-save")
    settle()
    error = dialog.findChild(QLabel, "form-error")
    assert error is not None
    assert error.text().endswith("was changed meanwhile by another window; look at it again.")
    assert form.fields["name"].value() == "Other"
    [row] = desk.read(list_experiments)
    assert row.bonus_rules == {EventType.QPC: Decimal(4)}


def test_that_tranches_are_told_as_they_come_out() -> None:
    assert tranche_words(Decimal(1500), Decimal(500)) == "3 tranches of $500.00"
    assert tranche_words(Decimal(500), Decimal(500)) == "1 tranche of $500.00"
    assert tranche_words(Decimal(1100), Decimal(500)) == "3 tranches: 2 of $500.00 and a last one of $100.00"


def test_that_the_list_plans_opens_and_offers_what_a_status_allows(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    planned = builders.planned_experiment(desk, name="Later")
    builders.running_experiment(desk)
    page = ExperimentsPage(workspace)
    qtbot.addWidget(page)
    page.show()
    page.open(Place("experiments"))
    settle()
    gone: list[Place] = []
    workspace.went.connect(gone.append)
    page.open_record(planned.experiment)
    assert gone == [Place("experiment", planned.experiment)]
    page.table.select(planned.experiment)
    settle()
    row = page.table.current()
    assert row is not None
    assert [one.title for one in page.row_commands(row)] == ["Open", "Edit…", "Start…", "Terminate…"]
    page.plan()
    settle()
    [dialog] = page.findChildren(FormDialog)
    assert dialog.windowTitle() == "New experiment"
    dialog.reject()
