"""Facts by hand in the window: recorded with what they belong to, reversed with a reason, never edited."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
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
from capdesk.views.pages.bonuses import BonusesPage
from capdesk.views.pages.calls import CallsPage
from capdesk.views.pages.events import EventsPage, why_it_counts
from capdesk.views.pages.time_logs import TimePage
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.support.twilio_calls import imported, state, told
from tests.views.conftest import Settle
from tests.views.pages.filling import error_of, fill, open_dialog
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
    page.commands()[-1].run()
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
    page.commands()[-1].run()
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
    page.commands()[-1].run()
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


def test_that_hours_no_day_has_are_said_at_the_field(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Spring")
    member = builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    dialog = fill(qtbot, settle, member=member, day=yesterday(desk), hours=Decimal(25))
    assert "at most 24" in dialog.form.fields["hours"].editor.accessibleDescription()
    assert logs(desk) == []
    dialog.reject()


def test_that_a_form_without_what_it_needs_leads_to_where_that_is_made(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    with qtbot.waitSignal(workspace.said) as said:
        page.commands()[-1].run()
    (message,) = said.args
    assert message.text == "It needs a team member, and there is none that is active."
    with qtbot.waitSignal(workspace.went) as went:
        message.run()
    assert went.args == [Place("team")]


def test_that_of_several_campaigns_none_is_chosen_unasked(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.campaign(desk, "Autumn")
    builders.campaign(desk, "Spring")
    page = EventsPage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    dialog = fill(qtbot, settle, event_type=EventType.PAID_CONVERSION, at=desk.clock.now())
    assert dialog.form.fields["campaign"].editor.accessibleDescription() == "Campaign is needed."
    assert events(desk) == []
    dialog.reject()


EVENT = {"counts": "run", "experiment": "Scripts", "reversed": None, "reason": None, "call": None, "bonus": None}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, 'It counts for "Scripts": it ran when the event happened.'),
        ({"counts": "no_run"}, "It counts for no experiment: no run covered the moment it happened."),
        ({"counts": "lead_exited"}, "It does not count: the lead had a terminal status already."),
        ({"call": 1204}, 'It counts for "Scripts": it ran when the event happened. It is read from call 1,204.'),
        (
            {"bonus": Decimal(25), "member": "Ana"},
            'It counts for "Scripts": it ran when the event happened. It earned Ana a bonus of $25.00.',
        ),
        (
            {"reversed": datetime(2026, 11, 20, tzinfo=UTC), "reason": "typed twice"},
            "It was reversed and counts no longer. Reason: typed twice",
        ),
    ],
)
def test_that_an_event_says_why_it_counts_or_not(told: dict[str, Any], words: str) -> None:
    assert why_it_counts(EVENT | told) == words


def told_in(pane: QWidget) -> list[str]:
    return [one.text() for one in pane.findChildren(QLabel) if one.text()]


def test_that_a_call_lists_the_events_read_from_it(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    start = desk.clock.now() - timedelta(days=3)
    ids = builders.running_experiment(desk, at=start)
    call = Facts(desk).call(ids.campaign, start + timedelta(hours=4), "Info", 160)
    page = CallsPage(workspace)
    shown(qtbot, page, settle, Place("calls", call))
    told = told_in(page.beside.pane)
    assert {"qpc · run", "conversation · run", "dial attempt · run"} <= set(told)
    with qtbot.waitSignal(workspace.went) as went:
        page.beside.pane.findChildren(QPushButton, "button-show-in-events")[0].click()
    assert went.args == [Place("events", filter=f"call:{call}")]


def test_that_a_short_call_says_why_it_has_no_recording(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    start = desk.clock.now() - timedelta(days=3)
    ids = builders.running_experiment(desk, at=start)
    call = Facts(desk).call(ids.campaign, start + timedelta(hours=4), "Info", 149)
    page = CallsPage(workspace)
    shown(qtbot, page, settle, Place("calls", call))
    assert "A reference is kept of calls of at least 150 seconds." in told_in(page.beside.pane)


def test_that_calls_known_to_twilio_stand_apart_say_how_they_were_found_and_are_exported(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, tmp_path: Path
) -> None:
    at = builders.database_now(desk).replace(microsecond=0) - timedelta(hours=30)
    ids = builders.running_experiment(desk, at=at - timedelta(days=3))
    call = imported(desk, ids.campaign, at)
    told(desk, state(1, at + timedelta(seconds=30)), state(2, at + timedelta(hours=2)))
    page = CallsPage(workspace)
    shown(qtbot, page, settle)
    page.tabs.setCurrentIndex(1)
    settle()
    rows = page.known.model.rows
    assert [(row.what, row.values[6]) for row in rows] == [(None, None), (call, f"probable: call {call:,}")]
    with qtbot.waitSignal(workspace.went) as went:
        page.known.table.entered_row.emit(call)
    assert went.args == [Place("calls", call)]
    page.known.unmatched.setChecked(True)
    settle()
    assert [row.what for row in page.known.model.rows] == [None]
    page.known.list.write(tmp_path / "twilio")
    settle()
    head, *lines = (tmp_path / "twilio.csv").read_text("utf-8-sig").splitlines()
    assert head == "when,phone,direction,status,seconds,price,match,recording,account,sid"
    assert len(lines) == 1


def test_that_a_bonus_leads_to_its_event_and_its_ledger_row(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    start = desk.clock.now() - timedelta(days=3)
    ids = builders.running_experiment(desk, at=start, bonus={"paid_conversion": "25"})
    member = builders.member(desk, "ana@example.com", rate="20")
    event = Facts(desk).event(ids.campaign, "paid_conversion", start + timedelta(hours=2), member)
    page = BonusesPage(workspace)
    shown(qtbot, page, settle)
    row = newest(desk, "bonuses")
    went: list[Place] = []
    workspace.went.connect(went.append)
    for command in page.row_commands(row):
        command.run()
    assert went == [Place("events", event), Place("costs", filter=f"bonus:{row.id}")]


def test_that_hours_are_logged_by_keyboard_alone(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    QTest.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = open_dialog(qtbot)
    qtbot.waitUntil(dialog.isActiveWindow)
    assert dialog.focusWidget() is dialog.form.fields["member"].editor
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.focusWidget(), yesterday(desk).isoformat())
    while dialog.focusWidget() is not dialog.form.fields["hours"].editor:
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClicks(dialog.focusWidget(), "6.5")
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    settle()
    (log,) = logs(desk)
    assert (log.hours, log.date) == (Decimal("6.5"), yesterday(desk))


def test_that_escape_records_nothing(qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle) -> None:
    builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    dialog = open_dialog(qtbot)
    dialog.form.set_values({"hours": Decimal(4)})
    with qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settle()
    assert logs(desk) == []


def test_that_a_double_click_on_save_records_once(
    qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle
) -> None:
    builders.running_experiment(desk, at=desk.clock.now() - timedelta(days=3))
    builders.member(desk, "ana@example.com", rate="20")
    page = TimePage(workspace)
    shown(qtbot, page, settle)
    page.commands()[-1].run()
    dialog = open_dialog(qtbot)
    dialog.form.set_values({"day": yesterday(desk), "hours": Decimal(4)})
    (save,) = dialog.findChildren(QPushButton, "button-log-hours")
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(save, Qt.MouseButton.LeftButton)
    settle()
    assert [one.hours for one in logs(desk)] == [Decimal(4)]
