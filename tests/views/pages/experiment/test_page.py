"""The page of an experiment: planned, started, judged by its figures, and seen as it was."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import CampaignStatus
from capdesk.services.campaigns import edit_campaign
from capdesk.services.dates import business_date
from capdesk.services.experiments import edit_experiment, show_experiment
from capdesk.services.money import dollars
from capdesk.services.reports.experiment_report import experiment_report
from capdesk.views.forms.form import FormDialog
from capdesk.views.pages.experiment.page import ExperimentPage
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle


@pytest.fixture
def page(qtbot: QtBot, workspace: Workspace) -> ExperimentPage:
    made = ExperimentPage(workspace)
    qtbot.addWidget(made)
    made.resize(1060, 800)
    made.show()
    return made


def titles(page: ExperimentPage) -> list[str]:
    return [command.title for command in page.commands()]


def press(qtbot: QtBot, inside: QWidget, name: str) -> None:
    found = inside.findChild(QPushButton, name)
    assert found is not None, name
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def dialog(page: ExperimentPage) -> FormDialog:
    found = [one for one in page.findChildren(FormDialog) if one.isVisible()]
    assert len(found) == 1
    return found[0]


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


def test_that_a_planned_experiment_is_started_after_saying_what_it_locks(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk, cap="1100", tranche="500", bonus={"qpc": "2.50"})
    page.open(Place("experiment", ids.experiment))
    settle()
    assert titles(page) == ["Edit…", "Terminate…", "Start…"]
    assert page.content.next_steps.isVisible()
    assert not page.content.capital.isVisible()
    press(qtbot, page, "button-start")
    asked = dialog(page)
    told = words(asked)
    for part in (
        "Locked from then on, for good:",
        "A better opening line books more installs.",
        "$1,100.00",
        "3 tranches: 2 of $500.00 and a last one of $100.00",
        "10 days",
        "QPC $2.50",
    ):
        assert part in told
    press(qtbot, asked, "button-start-experiment")
    settle()
    assert titles(page) == ["Pause…", "Complete…", "Terminate…", "Evaluate"]
    assert page.status.status.text() == "running"
    assert page.content.capital.isVisible()
    with pytest.raises(RuleRefused, match="locked since its first start"):
        desk.write(lambda session: edit_experiment(session, ids.experiment, time_cap_days=99))


def test_that_a_refusal_is_shown_where_it_was_asked(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk)
    desk.write(lambda session: edit_campaign(session, ids.campaign, status=CampaignStatus.PAUSED))
    page.open(Place("experiment", ids.experiment))
    settle()
    press(qtbot, page, "button-start")
    asked = dialog(page)
    press(qtbot, asked, "button-start-experiment")
    settle()
    assert asked.isVisible()
    assert 'Campaign "Spring" is paused: an experiment runs only in an active campaign.' in words(asked)
    asked.form.fields["at"].set_value(builders.database_now(desk) + timedelta(days=1))
    desk.write(lambda session: edit_campaign(session, ids.campaign, status=CampaignStatus.ACTIVE))
    press(qtbot, asked, "button-start-experiment")
    settle()
    assert "not in the future" in words(asked)


def test_that_no_other_rules_are_locked_than_were_shown(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk)
    page.open(Place("experiment", ids.experiment))
    settle()
    press(qtbot, page, "button-start")
    asked = dialog(page)
    desk.write(lambda session: edit_experiment(session, ids.experiment, time_cap_days=99))  # in another window
    press(qtbot, asked, "button-start-experiment")
    settle()
    assert "were changed since they were shown here" in words(asked)
    assert desk.read(lambda session: show_experiment(session, ids.experiment)).experiment.status == "planned"


def test_that_it_is_paused_resumed_and_ended_from_its_page(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    start = builders.database_now(desk) - timedelta(days=3)
    ids = builders.running_experiment(desk, at=start)
    page.open(Place("experiment", ids.experiment))
    settle()
    for name, status in (("pause", "paused"), ("resume", "running"), ("complete", "completed")):
        press(qtbot, page, f"button-{name}")
        press(qtbot, dialog(page), f"button-{name}-experiment")
        settle()
        assert page.status.status.text() == status
    assert titles(page) == ["Evaluate"]
    assert "Frozen since it ended" in words(page.content)
    runs = desk.read(lambda session: show_experiment(session, ids.experiment)).runs
    assert len(runs) == 2


def test_that_a_back_dated_start_is_taken_in_the_desk_zone(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    ids = builders.planned_experiment(desk)
    page.open(Place("experiment", ids.experiment))
    settle()
    press(qtbot, page, "button-start")
    asked = dialog(page)
    day = business_date(builders.database_now(desk), desk.zone) - timedelta(days=4)
    QTest.keyClicks(asked.form.fields["at"].editor, f"{day} 09:30")
    press(qtbot, asked, "button-start-experiment")
    settle()
    assert page.present is not None
    assert page.present.experiment.start_date == day
    first = page.present.figures.history.first_start
    assert first is not None
    assert f"{first.astimezone(desk.zone):%H:%M}" == "09:30"


def test_that_as_of_shows_the_report_of_that_moment(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    start = builders.database_now(desk) - timedelta(days=5)
    ids = builders.running_experiment(desk, at=start)
    ana = builders.member(desk, rate="30")
    for days in (1, 2, 3):
        Facts(desk).hours(ana, business_date(start, desk.zone) + timedelta(days=days), "5")
    page.open(Place("experiment", ids.experiment))
    settle()
    assert page.content.capital.spent().text() == "$450.00"
    assert page.content.records.isVisible()
    moments = page.as_of._moments
    for key, at in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Left, -2), (Qt.Key.Key_Left, -3)):
        QTest.keyClick(page.as_of.slider, key)
        settle()
        report = experiment_report(desk, ids.experiment, moments[at])
        assert page.content.capital.spent().text() == dollars(report.spent_usd)
    assert page.content.capital.spent().text() == "$150.00"
    assert page.as_of.told.text().startswith("As known on ")
    assert page.as_of.told.text().endswith("later facts are hidden")
    assert not page.content.records.isVisible()
    Facts(desk).hours(ana, business_date(start, desk.zone) + timedelta(days=4), "5")
    page.reload()
    settle()
    assert page.content.capital.spent().text() == "$150.00"
    press(qtbot, page, "button-now")
    settle()
    assert page.content.capital.spent().text() == "$600.00"
    assert page.as_of.moment is None


def test_that_dragging_far_ends_at_the_moment_under_the_mouse(
    qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle
) -> None:
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=2))
    page.open(Place("experiment", ids.experiment))
    settle()
    for at in (1, 0, 1, 0):
        page.as_of.slider.setValue(at)
    settle()
    assert page.status.status.text() == "planned"
    assert not page.content.capital.isVisible()
    assert not page.content.next_steps.isVisible()


def test_that_costs_are_a_chart_and_a_table(qtbot: QtBot, page: ExperimentPage, desk: Desk, settle: Settle) -> None:
    start = builders.database_now(desk) - timedelta(days=5)
    ids = builders.running_experiment(desk, at=start)
    Facts(desk).hours(builders.member(desk), business_date(start, desk.zone) + timedelta(days=1), "5")
    page.open(Place("experiment", ids.experiment))
    settle()
    chart = page.content.costs.chart
    assert chart is not None
    assert "$100.00 of $1,000.00 spent" in chart.accessibleDescription()
    press(qtbot, page.content.costs, "button-show-as-table")
    table = page.content.costs._table
    assert table.isVisible()
    assert table.figures.as_text().splitlines()[1].split("\t")[5:8] == ["$100.00", "$100.00", "$1,000.00"]


def test_that_records_are_read_when_their_tab_is_opened(page: ExperimentPage, desk: Desk, settle: Settle) -> None:
    first = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=2))
    page.open(Place("experiment", first.experiment))
    settle()
    assert list(page.content.records.tables) == ["events"]
    page.content.records.setCurrentIndex(2)
    settle()
    assert list(page.content.records.tables) == ["events", "costs"]


def test_that_an_experiment_that_is_not_there_is_said(
    page: ExperimentPage, workspace: Workspace, settle: Settle
) -> None:
    said: list[Message] = []
    workspace.said.connect(said.append)
    page.open(Place("experiment", 99))
    settle()
    assert [message.text for message in said] == ["There is no experiment 99."]
    assert not page.area.isVisible()


def test_that_the_campaign_and_the_verdict_are_a_key_away(
    qtbot: QtBot, page: ExperimentPage, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.running_experiment(desk)
    page.open(Place("experiment", ids.experiment))
    settle()
    gone: list[Place] = []
    workspace.went.connect(gone.append)
    QTest.keyClick(page.status.campaign, Qt.Key.Key_Space)
    page.evaluate()
    assert gone == [Place("campaign", ids.campaign), Place("evaluate", ids.experiment)]


def test_that_it_stands_in_two_columns_where_there_is_room(page: ExperimentPage, desk: Desk, settle: Settle) -> None:
    ids = builders.running_experiment(desk)
    page.open(Place("experiment", ids.experiment))
    settle()
    assert page.content.columns.two is False
    page.resize(1700, 1000)
    settle()
    assert page.content.columns.two is True
