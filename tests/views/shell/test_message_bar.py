"""What is told stays as long as it must, and no longer."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from capdesk.errors import RuleRefused, Stopped
from capdesk.views.shell import message_bar
from capdesk.views.shell.message_bar import MessageBar
from capdesk.views.workspace import Workspace


def bar(qtbot: QtBot, workspace: Workspace) -> MessageBar:
    made = MessageBar(workspace)
    qtbot.addWidget(made)
    return made


def test_that_an_error_of_the_catalogue_is_one_sentence_that_stays(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.complain(RuleRefused("the cap is too small; give a larger one."))
    assert shown.label.text() == "The cap is too small; give a larger one."
    assert not shown._fading.isActive()
    workspace.say("Saved.", "good")
    assert shown.label.text().startswith("The cap")
    shown.dismiss_button.click()
    assert shown.label.text() == "Saved."
    shown.dismiss()
    assert not shown.isVisible()


def test_that_good_news_fades(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.say("Saved.", "good")
    assert (shown._fading.isActive(), shown._fading.interval()) == (True, message_bar.FADES_AFTER_MS)
    shown._fading.setInterval(1)
    qtbot.waitUntil(lambda: not shown.isVisible())


def test_that_bad_news_does_not_wait_for_good_news(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.say("Saved.", "good")
    workspace.say("Lost.", "bad")
    assert shown.label.text() == "Lost."


def test_that_the_way_out_is_taken_once(qtbot: QtBot, workspace: Workspace) -> None:
    shown, taken = bar(qtbot, workspace), list[int]()
    workspace.say("Not sent.", "bad", "Send again", lambda: taken.append(1))
    assert shown.action.text() == "Send again"
    shown.action.click()
    assert taken == [1]
    assert not shown.isVisible()


def test_that_escape_dismisses_it_where_it_has_the_keyboard(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.say("Not sent.", "bad")
    QTest.keyClick(shown.dismiss_button, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_that_what_was_stopped_on_purpose_is_no_error(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.complain(Stopped(changed=False))
    assert shown.shown is not None
    assert shown.shown.tone == "info"


def test_that_the_same_sentence_is_told_once(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    for _ in range(5):
        workspace.say("Lost.", "bad")
    shown.dismiss()
    assert not shown.isVisible()


def test_that_markup_is_shown_as_it_was_written(qtbot: QtBot, workspace: Workspace) -> None:
    shown = bar(qtbot, workspace)
    workspace.say("<b>calls</b>.csv cannot be read", "bad")
    assert shown.label.textFormat() is Qt.TextFormat.PlainText
