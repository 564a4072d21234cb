"""The desk page on real desks: empty, planned, running, paused, crowded."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.dates import business_date
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.views.pages.home.page import SEEN, SITTING, HomePage
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.services.sync.pulling import connect
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle

Shown = Callable[[], HomePage]


@pytest.fixture
def went(workspace: Workspace) -> list[Place]:
    """Where the page wanted to go."""
    places: list[Place] = []
    workspace.went.connect(places.append)
    return places


@pytest.fixture
def shown(qtbot: QtBot, workspace: Workspace, settle: Settle) -> Shown:
    """Builds the page, opens it and waits for its figures."""

    def show() -> HomePage:
        page = HomePage(workspace)
        qtbot.addWidget(page)
        page.resize(1060, 800)
        page.show()
        page.open(Place("home"))
        settle()
        return page

    return show


def words(widget: QWidget) -> str:
    """Everything that is to be read on it."""
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisibleTo(widget))


def named(page: QWidget, name: str) -> QAbstractButton:
    button = page.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton)
    return button


def press(page: QWidget, name: str) -> None:
    assert named(page, name).isVisible()
    QTest.mouseClick(named(page, name), Qt.MouseButton.LeftButton)


def under_way(desk: Desk) -> builders.Ids:
    """An experiment in its ninth of ten days, with $80 of labor yesterday and an install an hour ago."""
    now = builders.database_now(desk)
    ids = builders.running_experiment(desk, at=now - timedelta(days=9))
    Facts(desk).hours(builders.member(desk), business_date(now - timedelta(days=1), desk.zone))
    Facts(desk).event(ids.campaign, "calculator_installed", now - timedelta(minutes=1))
    return ids


def test_that_an_empty_desk_says_what_to_do_first_and_offers_the_demo(
    workspace: Workspace, shown: Shown, went: list[Place]
) -> None:
    asked: list[str] = []
    workspace.asked.connect(asked.append)
    page = shown()
    assert "Welcome. This desk is empty." in words(page)
    assert "Spent this week" not in words(page)
    for name in ("campaigns", "team", "experiments", "imports", "settings"):
        press(page, f"step-{name}")
    assert [one.page for one in went] == ["campaigns", "team", "experiments", "imports", "settings"]
    press(page, "open-demo")
    assert asked == ["demo"]


def test_that_a_step_that_is_done_is_checked_and_the_next_one_is_the_main_button(desk: Desk, shown: Shown) -> None:
    builders.campaign(desk)
    page = shown()
    assert "1. Say what you sell, and where — done" in words(page)
    kinds = {name: named(page, f"step-{name}").property("kind") for name in ("campaigns", "team", "experiments")}
    assert kinds == {"campaigns": None, "team": "primary", "experiments": None}


def test_that_a_desk_where_nothing_runs_says_so_and_still_shows_totals(
    desk: Desk, shown: Shown, went: list[Place]
) -> None:
    ids = builders.planned_experiment(desk)
    Facts(desk).hours(builders.member(desk), business_date(builders.database_now(desk), desk.zone))
    page = shown()
    assert "No experiment is running or paused." in words(page)
    assert "$80.00" in words(page.totals)
    press(page, "button-open-experiment")
    assert went == [Place("experiment", ids.experiment)]


def test_that_a_card_says_where_capital_stands(desk: Desk, shown: Shown) -> None:
    ids = under_way(desk)
    card = shown().cards[ids.experiment]
    read = words(card)
    for one in ("Scripts", "Spring", "running", "$80.00", "0.1 of 2 tranches", "Time: 9 of 10 days used, 1 left"):
        assert one in read
    assert "of $1,000.00 spent (8 %)" in read
    assert "Evaluation recommended: 1 of 10 days is left." in read
    assert "Its alert was not sent yet." in read
    assert "Pace (estimate): " in read
    assert "$80.00 of $1,000.00 spent" in card.accessibleDescription()
    assert card.accessibleName() == "Scripts"


def test_that_a_paused_experiment_has_a_card_and_an_ended_one_has_none(
    desk: Desk, workspace: Workspace, settle: Settle, shown: Shown
) -> None:
    ids = under_way(desk)
    builders.move(desk, ids.experiment, "pause")
    page = shown()
    assert "paused" in words(page.cards[ids.experiment])
    builders.move(desk, ids.experiment, "terminate")
    page.reload()
    settle()
    assert page.cards == {}
    assert "Evaluation recommended: Scripts · Spring" in words(page.notices)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_that_the_keyboard_opens_a_card(desk: Desk, shown: Shown, went: list[Place], key: Qt.Key) -> None:
    ids = under_way(desk)
    card = shown().cards[ids.experiment]
    card.setFocus()
    QTest.keyClick(card, key)
    assert went == [Place("experiment", ids.experiment)]


def test_that_a_click_anywhere_on_a_card_opens_it(desk: Desk, shown: Shown, went: list[Place]) -> None:
    ids = under_way(desk)
    card = shown().cards[ids.experiment]
    for one in (card, card.capital, card.legend):
        QTest.mouseClick(one, Qt.MouseButton.LeftButton)
    assert went == [Place("experiment", ids.experiment)] * 3


def test_that_evaluate_goes_to_the_verdict(desk: Desk, shown: Shown, went: list[Place]) -> None:
    ids = under_way(desk)
    press(shown().cards[ids.experiment], "button-evaluate")
    assert went == [Place("evaluate", ids.experiment)]


def test_that_unassigned_spend_comes_with_the_way_out(desk: Desk, shown: Shown, went: list[Place]) -> None:
    under_way(desk)
    Facts(desk).charge((builders.database_now(desk) - timedelta(days=2)).date(), "12.50")
    page = shown()
    assert "$12.50 of provider costs belong to no campaign" in words(page.notices)
    assert "Hatched is provisional: $12.50" in words(page)
    press(page, "button-assign")
    assert went == [Place("settings", filter="mapping")]


def test_that_costs_that_were_never_pulled_are_told(desk: Desk, shown: Shown, went: list[Place]) -> None:
    under_way(desk)
    connect(desk)
    page = shown()
    assert "Costs of Twilio are not in" in words(page.notices)
    assert "Never pulled; the figures below lack" in words(page.notices)
    press(page, "button-costs")
    assert went == [Place("syncs")]


def test_that_a_calm_desk_has_no_notices(desk: Desk, shown: Shown) -> None:
    builders.running_experiment(desk)
    assert not shown().notices.isVisible()


def test_that_who_looks_for_the_first_time_has_nothing_to_compare_with(desk: Desk, shown: Shown) -> None:
    under_way(desk)
    assert not shown().news.isVisible()


def test_that_what_was_recorded_since_the_last_look_is_new(
    desk: Desk, workspace: Workspace, settle: Settle, shown: Shown
) -> None:
    workspace.memory.put(SEEN, resolve_as_of(desk).isoformat())
    under_way(desk)
    page = shown()
    assert "+$80.00 of spend, 1 event and 1 decision." in words(page.news)
    press(page, "news-more")
    assert "Scripts started" in words(page.news)
    press(page, "news-seen")
    settle()
    assert not page.news.isVisible()


def test_that_a_memory_of_the_future_is_no_comparison(desk: Desk, workspace: Workspace, shown: Shown) -> None:
    workspace.memory.put(SEEN, (resolve_as_of(desk) + timedelta(days=1)).isoformat())
    under_way(desk)
    assert not shown().news.isVisible()


def test_that_leaving_the_page_remembers_what_was_shown_but_the_sitting_keeps_its_news(
    desk: Desk, workspace: Workspace, settle: Settle, shown: Shown
) -> None:
    since = resolve_as_of(desk) - SITTING * 3
    workspace.memory.put(SEEN, since.isoformat())
    under_way(desk)
    page = shown()
    assert workspace.memory.get(SEEN) == since.isoformat()
    page.hide()
    assert workspace.memory.get(SEEN) > since.isoformat()
    page.show()
    page.open(Place("home"))
    settle()
    assert "of spend" in words(page.news)


def test_that_after_a_longer_absence_news_begin_where_it_was_left(
    desk: Desk, workspace: Workspace, settle: Settle, shown: Shown
) -> None:
    page = shown()
    left = resolve_as_of(desk) - SITTING * 2
    workspace.memory.put(SEEN, left.isoformat())
    under_way(desk)
    page.open(Place("home"))
    settle()
    assert page.news.isVisible()
    assert "of spend" in words(page.news)


@pytest.mark.parametrize("value", ["yesterday", "", 7, None])
def test_that_a_memory_that_cannot_be_read_is_a_first_look(
    desk: Desk, workspace: Workspace, shown: Shown, value: object
) -> None:
    workspace.memory.put(SEEN, value)
    under_way(desk)
    assert not shown().news.isVisible()


def test_that_a_card_stays_and_keeps_the_keyboard_when_figures_change(desk: Desk, settle: Settle, shown: Shown) -> None:
    ids = under_way(desk)
    page = shown()
    card = page.cards[ids.experiment]
    card.setFocus()
    Facts(desk).event(ids.campaign, "paid_conversion", builders.database_now(desk))
    Facts(desk).charge((builders.database_now(desk) - timedelta(days=2)).date(), "3000")
    Facts(desk).map("twilio", ids.campaign, account="AC1")
    page.reload()
    settle()
    assert page.cards[ids.experiment] is card
    assert "over the cap" in words(card)
    assert card.now.spent_usd == Decimal("3080.000000")


def test_that_names_are_never_taken_for_markup(desk: Desk, shown: Shown) -> None:
    ids = builders.running_experiment(desk, campaign="<img src=x>", name="<b>Bold</b> & <script>")
    card = shown().cards[ids.experiment]
    assert "<b>Bold</b> & <script>" in words(card)
    assert {one.textFormat() for one in card.findChildren(QLabel)} <= {
        Qt.TextFormat.PlainText,
        Qt.TextFormat.AutoText,
    }


def test_that_cards_stand_beside_each_other_where_there_is_room(qtbot: QtBot, desk: Desk, shown: Shown) -> None:
    for number in range(2):
        builders.running_experiment(desk, campaign=f"Campaign {number}")
    page = shown()
    one, two = page.cards.values()
    assert one.geometry().top() < two.geometry().top()
    page.resize(1300, 800)
    qtbot.waitUntil(lambda: one.geometry().top() == two.geometry().top())


def test_that_every_button_has_a_name_of_its_own(desk: Desk, shown: Shown) -> None:
    for number in range(2):
        now = builders.database_now(desk)
        builders.running_experiment(desk, campaign=f"Campaign {number}", name=f"Number {number}", at=now - timedelta(9))
    page = shown()
    names = [one.accessibleName() for one in page.findChildren(QAbstractButton) if one.isVisible()]
    assert all(names)
    assert len(names) == len(set(names))
