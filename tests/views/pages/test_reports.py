"""The weekly report in the window: the preview is the email, and nothing is sent twice or to nobody."""

import itertools
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed, FileRefused
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week, business_date
from capdesk.services.notifications import send_weekly
from capdesk.services.providers.local.smtp import Drops, LocalSmtp
from capdesk.services.providers.mail import OutboxMailer
from capdesk.services.reports.render_mail import Letter
from capdesk.views.forms.form import FormDialog
from capdesk.views.pages.notifications import NotificationsPage
from capdesk.views.pages.reports.letter import MailBrowser
from capdesk.views.pages.reports.page import ReportsPage
from capdesk.views.pages.reports.pdf import page_starts, pdf_of, save_pdf
from capdesk.views.places import Place
from capdesk.views.workspace import Message, Workspace
from tests.services.schedule.fakes import PlayedTools
from tests.services.schedule.fakes import machine as played_machine
from tests.support import builders
from tests.support.facts import Facts
from tests.support.senders import logged, set_mail
from tests.views.conftest import Settle

HOSTILE = '<img src="http://example.com/x.png"><a href="http://example.com">x</a>'


@pytest.fixture
def smtp() -> Iterator[LocalSmtp]:
    with LocalSmtp() as server:
        yield server


@pytest.fixture
def said(workspace: Workspace) -> list[Message]:
    messages: list[Message] = []
    workspace.said.connect(messages.append)
    return messages


@pytest.fixture
def running(desk: Desk) -> Desk:
    """A desk one week on from a week in which a hostile name spent $80.00."""
    start = builders.database_now(desk)
    builders.running_experiment(desk, at=start, name=HOSTILE, days=60)
    Facts(desk).hours(builders.member(desk), business_date(start, desk.zone))
    desk.clock = FixedClock(start + timedelta(days=7))
    return desk


@pytest.fixture
def page(qtbot: QtBot, running: Desk, workspace: Workspace, settle: Settle) -> ReportsPage:
    workspace.clock = running.clock
    made = ReportsPage(workspace)
    made.schedule.machine = lambda: played_machine(running.folder, PlayedTools())
    qtbot.addWidget(made)
    made.resize(1000, 760)
    made.show()
    made.open(Place("reports"))
    settle()
    return made


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def press(qtbot: QtBot, widget: QWidget, name: str) -> None:
    found = next(one for one in widget.findChildren(QPushButton, name) if one.isVisibleTo(widget))
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def dialog_of(page: QWidget) -> FormDialog:
    return next(one for one in page.findChildren(FormDialog) if one.isVisible())


def send(qtbot: QtBot, page: ReportsPage, settle: Settle) -> None:
    press(qtbot, page, "button-send-now")
    press(qtbot, dialog_of(page), "button-send-it")
    settle()


# what is sent


def test_that_the_preview_is_what_the_mail_server_gets_to_the_byte(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp
) -> None:
    set_mail(running, smtp.port)
    page.reload()
    settle()
    shown = page.letter.letter
    assert shown is not None
    assert page.letter.source.toPlainText() == shown.html
    assert page.letter.plain.toPlainText() == shown.text
    send(qtbot, page, settle)
    [arrived] = smtp.arrived
    for kind, text_shown in (("html", shown.html), ("plain", shown.text)):
        part = arrived.message.get_body((kind,))
        assert part is not None
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content.replace(b"\r\n", b"\n").rstrip(b"\n") == text_shown.encode().rstrip(b"\n")
    assert arrived.message["Subject"] == shown.subject


def test_that_a_week_is_sent_to_each_recipient_once(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp, said: list[Message]
) -> None:
    set_mail(running, smtp.port, "olga@example.com", "ben@example.com")
    page.reload()
    settle()
    send(qtbot, page, settle)
    assert [one.recipients[0] for one in smtp.arrived] == ["olga@example.com", "ben@example.com"]
    assert said[-1].tone == "good"
    assert "went to every recipient already" in words(page.sending)
    assert not page.commands()[-1].enabled


def test_that_who_is_no_recipient_any_more_is_not_promised_an_email(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp
) -> None:
    set_mail(running, smtp.port, "olga@example.com")
    send_weekly(running, page.preview.week if page.preview else None, OutboxMailer([DeliveryFailed("It is full.")]))
    set_mail(running, smtp.port, "ben@example.com")
    page.reload()
    settle()
    assert "No recipient any more" in words(page.sending)
    press(qtbot, page, "button-send-now")
    told = words(dialog_of(page))
    assert "ben@example.com: gets it now." in told
    assert "olga@example.com" not in told
    press(qtbot, dialog_of(page), "button-send-it")
    settle()
    assert not page.commands()[-1].enabled


def test_that_a_fact_recorded_since_the_preview_is_shown_before_anything_is_sent(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp, said: list[Message]
) -> None:
    set_mail(running, smtp.port)
    page.reload()
    settle()
    press(qtbot, page, "button-send-now")
    today = business_date(builders.database_now(running), running.zone)
    Facts(running).hours(builders.member(running, "ben@example.com"), today)
    press(qtbot, dialog_of(page), "button-send-it")
    settle()
    assert smtp.arrived == []
    assert "changed since it was shown" in said[-1].text
    assert "$160.00" in page.letter.subject.text()
    send(qtbot, page, settle)
    assert len(smtp.arrived) == 1


def test_that_without_mail_settings_the_page_leads_to_them(
    qtbot: QtBot, page: ReportsPage, workspace: Workspace
) -> None:
    went: list[Place] = []
    workspace.went.connect(went.append)
    assert "No email can be sent without a mail server, a sender and recipients" in words(page.sending)
    assert not page.commands()[-1].enabled
    press(qtbot, page, "button-set-up-mail")
    assert went == [Place("settings", None, "mail")]


def test_that_an_email_that_may_have_arrived_is_sent_again_only_by_the_owner(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp, said: list[Message]
) -> None:
    set_mail(running, smtp.port)
    smtp.faults = (Drops("message"),)
    page.reload()
    settle()
    send(qtbot, page, settle)
    assert "nobody can tell whether it arrived" in said[-1].text
    assert "capdesk report" not in said[-1].text
    smtp.faults = ()
    send(qtbot, page, settle)
    assert [one.attempts for one in logged(running)] == [1]
    press(qtbot, page, "button-send-now")
    dialog_of(page).form.set_values({"again": True})
    press(qtbot, dialog_of(page), "button-send-it")
    settle()
    assert [(one.attempts, one.state) for one in logged(running)] == [(2, "sent")]


def test_that_the_email_is_shown_as_it_was_sent(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, smtp: LocalSmtp
) -> None:
    set_mail(running, smtp.port)
    page.reload()
    settle()
    sent = page.letter.letter
    send(qtbot, page, settle)
    today = business_date(builders.database_now(running), running.zone)
    Facts(running).hours(builders.member(running, "ben@example.com"), today)
    page.reload()
    settle()
    assert page.letter.letter != sent
    press(qtbot, page, "button-show-it-as-it-was-sent")
    settle()
    assert page.letter.letter == sent
    assert "As it was known on" in words(page)


# which week


def test_that_one_goes_back_and_forward_through_the_weeks(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk
) -> None:
    last = page.preview.week if page.preview else None
    assert last == Week.of(business_date(running.clock.now(), running.zone)).previous()
    QTest.mouseClick(page.weeks.back, Qt.MouseButton.LeftButton)
    settle()
    assert page.preview is not None
    assert page.preview.week == last.previous()
    press(qtbot, page, "button-last-complete-week")
    settle()
    assert page.preview.week == last


def test_that_a_moment_that_cannot_be_had_is_one_sentence_and_changes_nothing(
    qtbot: QtBot, page: ReportsPage, settle: Settle, said: list[Message]
) -> None:
    before = page.letter.letter
    moment = page.weeks.findChild(QLineEdit, "letter-as-of")
    assert isinstance(moment, QLineEdit)
    QTest.keyClicks(moment, "yesterday")
    QTest.keyClick(moment, Qt.Key.Key_Return)
    settle()
    assert "is no moment" in said[-1].text
    moment.clear()
    QTest.keyClicks(moment, "2999-01-01")
    QTest.keyClick(moment, Qt.Key.Key_Return)
    settle()
    assert "at the latest" in said[-1].text
    assert page.letter.letter == before


def test_that_after_a_refused_moment_the_one_on_show_is_chosen(
    qtbot: QtBot, page: ReportsPage, settle: Settle, said: list[Message]
) -> None:
    assert page.preview is not None
    shown = page.preview.report.as_of
    page.sending.as_sent.emit(shown)
    settle()
    page.weeks.moment.clear()
    QTest.keyClicks(page.weeks.moment, "2999-01-01")
    QTest.keyClick(page.weeks.moment, Qt.Key.Key_Return)
    settle()
    assert "at the latest" in said[-1].text
    assert page.weeks.as_of == shown
    assert not page.commands()[-1].enabled


# the preview asks nobody for anything


def test_that_the_preview_fetches_nothing_and_shows_names_as_text(page: ReportsPage) -> None:
    browser = page.letter.browser
    assert browser.asked_for == []
    assert HOSTILE in browser.toPlainText().replace("\n", " ")
    assert "<img" not in browser.toHtml()


def test_that_even_html_that_asks_for_pictures_gets_none_and_follows_no_link(qtbot: QtBot) -> None:
    browser = MailBrowser()
    qtbot.addWidget(browser)
    browser.resize(300, 200)
    browser.show()
    browser.show_mail('<img src="http://127.0.0.1:1/x.png"><img src="file:///etc/hostname"><a href="http://x">go</a>')
    browser.grab()
    assert {"http://127.0.0.1:1/x.png", "file:///etc/hostname"} <= set(browser.asked_for)
    assert browser.loadResource(int(QTextDocument.ResourceType.ImageResource.value), QUrl("http://x")).isEmpty()
    assert not browser.openLinks()


# taking it along


def test_that_the_pdf_is_a_pdf_with_the_reports_text(
    qtbot: QtBot, page: ReportsPage, settle: Settle, tmp_path: Path, said: list[Message]
) -> None:
    page.ask_for_file()
    dialog = next(one for one in page.findChildren(QFileDialog) if one.isVisible())
    target = tmp_path / "report.pdf"
    dialog.fileSelected.emit(str(target))
    dialog.close()
    settle()
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert page.letter.letter is not None
    # Each glyph says in the PDF which character it is, so that figures can be searched and copied.
    letters = set(page.letter.letter.subject) - {" "}
    assert {one for one in letters if f"<{ord(one):04X}>".encode() not in content} == set()
    assert said[-1].text == f"Saved as {target}."
    assert [one.name for one in tmp_path.glob("*report*")] == ["report.pdf"]


def test_that_a_pdf_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    letter = Letter("Subject", "Text", "<p>Text</p>")
    with pytest.raises(FileRefused, match="cannot be written"):
        save_pdf(letter, "A4", tmp_path / "missing" / "report.pdf")


@pytest.mark.usefixtures("qapp")
def test_that_both_papers_hold_every_line_once() -> None:
    lines = "".join(f"<p>line {number}</p>" for number in range(200))
    document = QTextDocument()
    document.setHtml(lines)
    document.setTextWidth(600)
    starts = page_starts(document, 500)
    assert starts[0] == 0
    assert all(0 < after - before <= 500 for before, after in itertools.pairwise(starts))
    assert document.size().height() - starts[-1] <= 500
    assert pdf_of(Letter("s", "t", lines), "Letter") != pdf_of(Letter("s", "t", lines), "A4")


def test_that_the_browser_gets_a_private_file_that_goes_as_the_program_is_left(page: ReportsPage) -> None:
    class Browser(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.opened: list[Path] = []

        @Slot(QUrl)
        def show(self, address: QUrl) -> None:
            self.opened.append(Path(address.toLocalFile()))

    browser = Browser()
    QDesktopServices.setUrlHandler("file", browser, "show")  # type: ignore[arg-type]
    try:
        page.open_in_browser()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    [file] = browser.opened
    assert page.letter.letter is not None
    assert file.read_text(encoding="utf-8") == page.letter.letter.html
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    page.workspace.leave()
    assert not file.parent.exists()


def test_that_copying_takes_the_email_formatted_and_plain(page: ReportsPage) -> None:
    page.copy()
    taken = QGuiApplication.clipboard().mimeData()
    assert page.letter.letter is not None
    assert taken.text() == page.letter.letter.text
    assert taken.html() == page.letter.letter.html


# the schedule


def test_that_the_schedule_is_installed_and_removed_after_saying_what_it_does(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk
) -> None:
    tools = PlayedTools()
    page.schedule.machine = lambda: played_machine(running.folder, tools)
    assert "starts capdesk every hour" in words(page.schedule)
    press(qtbot, page.schedule, "button-install")
    assert "systemd timer" in words(dialog_of(page.schedule))
    press(qtbot, dialog_of(page.schedule), "button-install")
    settle()
    assert len(tools.loaded) == 1
    assert "installed" in words(page.schedule)
    press(qtbot, page.schedule, "button-remove")
    press(qtbot, dialog_of(page.schedule), "button-remove")
    settle()
    assert tools.loaded == set()
    assert "not installed" in words(page.schedule)


def test_that_the_database_address_of_a_window_never_goes_into_the_job(
    qtbot: QtBot, page: ReportsPage, settle: Settle, workspace: Workspace, running: Desk
) -> None:
    tools = PlayedTools()
    page.schedule.machine = lambda: played_machine(running.folder, tools)
    workspace.database_url = "postgresql://owner:secret@example.com/desk"
    press(qtbot, page.schedule, "button-install")
    press(qtbot, dialog_of(page.schedule), "button-install")
    settle()
    assert "have it remembered first" in words(dialog_of(page.schedule))
    assert tools.loaded == set()
    dialog_of(page.schedule).reject()


# the log of what was due


def test_that_a_notification_tells_its_story_and_is_sent_again_after_a_look_into_the_mailbox(
    qtbot: QtBot, page: ReportsPage, settle: Settle, running: Desk, workspace: Workspace, smtp: LocalSmtp
) -> None:
    set_mail(running, smtp.port)
    smtp.faults = (Drops("message"),)
    page.reload()
    settle()
    send(qtbot, page, settle)
    smtp.faults = ()
    number = logged(running)[0].id
    notifications = NotificationsPage(workspace)
    qtbot.addWidget(notifications)
    notifications.resize(1100, 700)
    notifications.show()
    notifications.open(Place("notifications", number))
    settle()
    assert "nobody can tell whether it arrived" in words(notifications)
    assert "Attempt 1" in words(notifications)
    notifications.ask_to_send(number, "unknown")
    press(qtbot, dialog_of(notifications), "button-send-it-again")
    assert "Look into the mailbox first" in words(dialog_of(notifications))
    dialog_of(notifications).form.set_values({"not_there": True})
    press(qtbot, dialog_of(notifications), "button-send-it-again")
    settle()
    assert [(one.attempts, one.state) for one in logged(running)] == [(2, "sent")]


def test_that_the_page_opens_the_week_a_place_names(page: ReportsPage, settle: Settle) -> None:
    page.open(Place("reports", None, "2026-W40"))
    settle()
    assert page.preview is not None
    assert str(page.preview.week) == "2026-W40"


def test_that_the_palette_can_take_the_report_along(page: ReportsPage) -> None:
    assert [one.title for one in page.commands() if one.enabled][:3] == ["Save as PDF…", "Open in browser", "Copy"]
    next(one for one in page.commands() if one.title == "Copy").run()
    assert page.letter.letter is not None
    assert QGuiApplication.clipboard().mimeData().html()
