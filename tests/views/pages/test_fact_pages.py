"""Facts by hand in the window: recorded with what they belong to, reversed with a reason, never edited."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.models.base import EventType
from capdesk.services.by_hand import Span
from capdesk.services.events import EventRow, list_events
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Row
from capdesk.services.time_logs import TimeLogRow, list_time_logs
from capdesk.views.page import Command
from capdesk.views.pages.costs import CostsPage
from capdesk.views.pages.events import EventsPage
from capdesk.views.pages.time_logs import TimePage
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.views.conftest import Settle
from tests.views.pages.filling import error_of, fill
from tests.views.pages.test_work_pages import shown


def newest(desk: Desk, listing: str) -> Row:
    def find(session: Session) -> Row:
        return read.page(session, LISTINGS[listing], Ask(order="id", descending=True), 0, 1)[0]

    return desk.read(find)


def events(desk: Desk) -> list[EventRow]:
    return desk.read(lambda session: list_events(session, Span(desk.zone))).events


def logs(desk: Desk) -> list[TimeLogRow]:
    return desk.read(lambda session: list_time_logs(session, Span(desk.zone))).logs


def yesterday(desk: Desk) -> date:
    return (desk.clock.now() - timedelta(days=1)).astimezone(desk.zone).date()


def test_that_an_event_by_hand_earns_its_bonus_and_says_so(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    start = desk.clock.now() - timedelta(days=3)
    ids = builders.running_experiment(desk, at=start, bonus={"paid_conversion": "25"})
    member = builders.member(desk, "ana@example.com", rate="20")
    said: list[Message] = []
    workspace.said.connect(said.append)
    page = EventsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    at = start + timedelta(hours=5)
    fill(qtbot, settle, event_type=EventType.PAID_CONVERSION, at=at, campaign=ids.campaign, member=member)
    (event,) = events(desk)
    assert (event.experiment, event.member) == ("Scripts", "ana@example.com")
    assert "It earned $25.00." in said[-1].text


def test_that_an_event_before_every_run_is_refused_unless_allowed(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    home = builders.campaign(desk, "Spring")
    page = EventsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    at = datetime(2026, 1, 5, 15, tzinfo=UTC)
    dialog = fill(qtbot, settle, event_type=EventType.INSTALL_SCHEDULED, at=at, campaign=home)
    assert "has never run an experiment" in error_of(dialog)
    assert events(desk) == []
    dialog.form.set_values({"allow": True})
    dialog.save()
    settle()
    assert [one.experiment for one in events(desk)] == [None]


def test_that_an_event_is_reversed_with_a_reason(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    ids = builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    page = EventsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[0].run()
    at = desk.clock.now() - timedelta(days=2)
    fill(qtbot, settle, event_type=EventType.PAID_CONVERSION, at=at, campaign=ids.campaign)
    page.reload()
    settle()
    reverse: Command = page.row_commands(newest(desk, "events"))[0]
    assert reverse.title == "Reverse this event…"
    reverse.run()
    fill(qtbot, settle, reason="typed twice")
    (event,) = events(desk)
    assert event.reason == "typed twice"
    assert not page.row_commands(newest(desk, "events"))[0].enabled


def test_that_hours_cost_the_rate_of_their_date_and_are_taken_back(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    member = builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    fill(qtbot, settle, member=member, day=yesterday(desk), hours=Decimal("7.5"))
    (log,) = logs(desk)
    assert (log.cost_usd, log.experiment) == (Decimal(150), "Scripts")
    page.row_commands(newest(desk, "time"))[0].run()
    fill(qtbot, settle, reason="another day")
    assert logs(desk)[0].reason == "another day"


def test_that_too_many_hours_are_refused_in_the_form(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    member = builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    dialog = fill(qtbot, settle, member=member, day=yesterday(desk), hours=Decimal(25))
    assert error_of(dialog)
    assert logs(desk) == []
    dialog.reject()


def test_that_costs_are_summed_by_what_one_asks_for(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    fill(qtbot, settle, day=yesterday(desk), hours=Decimal(8))
    costs = CostsPage(workspace)
    shown(qtbot, costs, settle, Place("costs"))
    cells = [[costs.sums.data(costs.sums.index(r, c)) for c in (0, 2)] for r in range(costs.sums.rowCount())]
    assert cells == [["Scripts", "$160.00"], ["unassigned spend", "$0.00"], ["together", "$160.00"]]
    costs.way.setCurrentIndex(costs.way.findData("source", Qt.ItemDataRole.UserRole))
    settle()
    assert costs.sums.data(costs.sums.index(0, 0)) == "labor"
