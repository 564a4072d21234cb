"""Summed costs: every row is here, sorted by its own values, and what is on show always adds up to its last row."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.cost_sums import UNASSIGNED, CostSums, SumRow, cost_sums, total_of
from capdesk.services.costs import By, costs
from capdesk.services.listings.model import Column, Listing
from capdesk.services.money import ZERO
from capdesk.views.pages.costs import CostsPage
from capdesk.views.pages.sums_model import COLUMNS, SumsModel
from capdesk.views.places import Place
from capdesk.views.records.held import Held, HeldModel
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle
from tests.views.pages.test_work_pages import shown

ZONE = ZoneInfo("America/New_York")
AT = datetime(2026, 11, 20, 17, tzinfo=UTC)
SPENT = next(number for number, one in enumerate(COLUMNS) if one.key == "spent")


def sums(*rows: SumRow, by: By = "experiment") -> CostSums:
    return CostSums(by, AT, rows, total_of(rows))


def row(what: str | date, usd: str, campaign: str | None = "Spring", **sources: str) -> SumRow:
    return SumRow(what, campaign, Decimal(usd), ZERO, {key: Decimal(value) for key, value in sources.items()})


THREE = sums(row("Nine", "9", labor="9"), row("Hundred", "100", twilio="100"), row("Twenty", "20", bonus="20"))


def names(model: SumsModel) -> list[object]:
    return [one.what.what for one in model.rows]


def sums_model() -> QAbstractItemModel:
    model = SumsModel(ZONE)
    model.show_sums(THREE)
    return model


def held_model() -> QAbstractItemModel:
    columns = (Column("name", "Name", "text", ""), Column("usd", "Dollars", "money", ""))
    model = HeldModel(Listing("held", "Held", columns, "", "", "name"), ZONE)
    model.set_rows([Held(1, ("b", Decimal(9))), Held(2, ("A", None)), Held(3, ("c", Decimal(10)))])
    return model


@pytest.mark.parametrize("make", [sums_model, held_model])
def test_that_the_model_keeps_qts_rules(qtmodeltester: ModelTester, make: Callable[[], QAbstractItemModel]) -> None:
    model = make()
    qtmodeltester.check(model)
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert isinstance(model, SumsModel | HeldModel)
    model.set_words("nothing has this")
    model.set_words("")


def test_that_money_is_sorted_as_numbers_and_the_total_stays_last(qapp: object) -> None:
    model = SumsModel(ZONE)
    model.show_sums(THREE)
    model.sort(SPENT, Qt.SortOrder.AscendingOrder)
    assert names(model) == ["Nine", "Twenty", "Hundred", "together"]
    model.sort(SPENT, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["Hundred", "Twenty", "Nine", "together"]


def test_that_what_is_empty_is_last_whichever_way_held_rows_are_sorted(qapp: object) -> None:
    model = held_model()
    assert isinstance(model, HeldModel)
    for order, expected in ((Qt.SortOrder.AscendingOrder, [1, 3, 2]), (Qt.SortOrder.DescendingOrder, [3, 1, 2])):
        model.sort(1, order)
        assert [one.what for one in model.rows] == expected


@given(st.lists(st.decimals(-1000, 1000, places=6), max_size=12), st.sampled_from(["", "1", "2", "x"]))
def test_that_the_last_row_is_the_sum_of_those_on_show(amounts: list[Decimal], typed: str) -> None:
    model = SumsModel(ZONE)
    model.show_sums(sums(*(row(f"Test {at}", str(usd), labor=str(usd)) for at, usd in enumerate(amounts))))
    model.set_words(typed)
    *rows, total = model.rows or [Held(total_of([]), ())]
    assert total.what.spent_usd == sum((one.what.spent_usd for one in rows), ZERO)
    assert total.what.by_source["labor"] == total.what.spent_usd


def test_that_rows_are_copied_as_plain_figures(qapp: object) -> None:
    model = SumsModel(ZONE)
    model.show_sums(sums(row(date(2026, 11, 20), "1234.5", None, labor="1234.5"), by="day"))
    assert model.as_text([0]) == (
        "What\tLabor\tBonuses\tTwilio\tGoogle Cloud\tSpent\tProvisional\n2026-11-20\t1234.5\t\t\t\t1234.5\t\n"
    )


def spend(desk: Desk) -> tuple[int, date]:
    """8 hours for the experiment yesterday, a Twilio day nobody pays for."""
    ids = builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    member = builders.member(desk, "ana@example.com", rate="20")
    day = (desk.clock.now() - timedelta(days=1)).astimezone(desk.zone).date()
    Facts(desk).hours(member, day, "8")
    Facts(desk).charge(day - timedelta(days=2), "5.25")
    return ids.campaign, day


@pytest.mark.parametrize("by", ["experiment", "campaign", "source", "day"])
def test_that_the_window_shows_the_same_sums_as_the_command(desk: Desk, by: By) -> None:
    spend(desk)
    made, told = cost_sums(desk, by), costs(desk, by)
    assert made.total.spent_usd == told.total_usd == Decimal("165.25")
    assert made.total.provisional_usd == told.provisional_usd
    assert [one.spent_usd for one in made.rows if one.what != UNASSIGNED] == [one.spent_usd for one in told.rows]
    assert all(sum(one.by_source.values()) == one.spent_usd for one in made.rows if one.what != UNASSIGNED)


def cells(page: CostsPage) -> list[tuple[str, str]]:
    model = page.sums.model
    return [(model.words_of(one, 0), model.words_of(one, SPENT)) for one in model.rows]


def test_that_costs_are_summed_by_what_one_asks_for(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    assert cells(page) == [("Scripts", "$160.00"), ("unassigned spend", "$5.25"), ("together", "$165.25")]
    page.sums.by.set_value("source")
    qtbot.waitUntil(lambda: cells(page)[0][0] == "Labor")
    settle()


def test_that_a_range_of_days_is_summed_alone(qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle) -> None:
    _, day = spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    page.sums.first.set_value(day)
    page.sums.reload()
    settle()
    assert cells(page) == [("Scripts", "$160.00"), ("together", "$160.00")]
    page.sums.last.set_value(day - timedelta(days=1))
    page.sums.reload()
    settle()
    assert page.sums.last.editor.accessibleDescription() == "It lies before the first day."


def test_that_a_moment_to_come_is_refused_at_its_field(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    page.sums.as_of.set_value(desk.clock.now() + timedelta(days=400))
    page.sums.reload()
    settle()
    told = page.sums.as_of.editor.accessibleDescription()
    assert "choose an earlier moment" in told
    assert "--" not in told


def test_that_sums_are_copied_and_exported(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, tmp_path: Path
) -> None:
    spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    QTest.keyClick(page.sums.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("Scripts\tSpring\t160")
    for suffix in ("csv", "xlsx"):
        page.sums.list.write(tmp_path / f"sums.{suffix}")
        settle()
    lines = (tmp_path / "sums.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "what,campaign,labor,bonus,twilio,gcp,spent,provisional"
    assert lines[1] == "Scripts,Spring,160.000000,,,,160.000000,"
    assert len(lines) == 3
    assert (tmp_path / "sums.xlsx").stat().st_size


def test_that_a_file_that_cannot_be_written_is_said(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, tmp_path: Path
) -> None:
    spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    with qtbot.waitSignal(workspace.said) as said:
        page.sums.list.write(tmp_path / "nowhere" / "sums.csv")
        settle()
    assert "cannot be written" in said.args[0].text


@pytest.mark.parametrize(
    ("by", "at", "opened"),
    [
        ("experiment", 0, (1, "campaign=Spring experiment=Scripts")),
        ("campaign", 0, (1, "campaign=Spring")),
        ("source", 0, (1, "source:labor")),
        ("experiment", 1, (2, "unassigned:yes")),
    ],
)
def test_that_a_sum_opens_the_rows_it_is_made_of(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, by: By, at: int, opened: tuple[int, str]
) -> None:
    spend(desk)
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    page.sums.by.set_value(by)
    page.sums.reload()
    settle()
    page.sums.table.setCurrentIndex(page.sums.model.index(at, 0))
    QTest.keyClick(page.sums.table, Qt.Key.Key_Return)
    settle()
    tab, typed = opened
    table = (page.ledger, page.charges)[tab - 1]
    assert (page.tabs.currentIndex(), table.filter(), table.model.rowCount()) == (tab, typed, 1)


def test_that_an_empty_desk_says_what_to_do_first(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    page = CostsPage(workspace)
    shown(qtbot, page, settle, Place("costs"))
    assert page.sums.table.nothing.words.startswith("No costs yet")
    with qtbot.waitSignal(workspace.went) as went:
        page.sums.table.nothing.button.click()
    assert went.args == [Place("time")]
    assert all(
        label.textFormat() is not Qt.TextFormat.AutoText for label in page.sums.findChildren(QLabel, "sums-foot")
    )


def test_that_days_are_sorted_before_what_has_no_day(qapp: object) -> None:
    model = SumsModel(ZONE)
    days = [row(date(2026, 11, day), "1", None) for day in (20, 9)]
    model.show_sums(sums(*days, row(UNASSIGNED, "2", None), by="day"))
    model.sort(0, Qt.SortOrder.AscendingOrder)
    assert names(model) == [date(2026, 11, 9), date(2026, 11, 20), UNASSIGNED, "together"]
    columns, rows = model.as_file()
    assert (columns[0].kind, len(rows)) == ("date", 3)
