"""A form that is recorded as one action: nothing entered is lost, nothing is recorded twice."""

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from capdesk.errors import RuleRefused
from capdesk.views.forms.fields import NotesField, NumberField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS, Settle


def test_that_a_hidden_field_that_cannot_be_read_does_not_stop_the_form(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    saved: list[Values] = []
    page = QWidget()
    qtbot.addWidget(page)
    days = NumberField("days", "Days", required=False)
    form = Form(TextField("name", "Name"), days)
    dialog = FormDialog(workspace, "New", form, lambda _desk, values: saved.append(values), parent=page)
    form.set_values({"name": "Scripts"})
    days.line.setText("soon")
    days.hide()
    dialog.save()
    settle()
    assert saved == [{"name": "Scripts", "days": None}]


def test_that_a_second_press_while_it_is_recorded_records_nothing(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    saved: list[Values] = []
    page = QWidget()
    qtbot.addWidget(page)
    form = Form(TextField("name", "Name"))
    dialog = FormDialog(workspace, "New", form, lambda _desk, values: saved.append(values), parent=page)
    form.set_values({"name": "Scripts"})
    dialog.save()
    dialog.save()
    dialog.reject()
    settle()
    assert len(saved) == 1


def test_that_a_refusal_is_shown_and_what_was_entered_stays(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    def refuse(_desk: object, _values: Values) -> None:
        raise RuleRefused("the name is taken.")

    form = Form(TextField("name", "Name"))
    dialog = FormDialog(workspace, "New", form, refuse)
    qtbot.addWidget(dialog)
    dialog.open()
    form.set_values({"name": "Scripts"})
    dialog.save()
    settle()
    assert dialog.isVisible()
    assert dialog._error.text() == "The name is taken."
    assert form.values() == {"name": "Scripts"}


def test_that_a_dialog_is_gone_once_it_is_done(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    dialog = FormDialog(workspace, "New", Form(), lambda _desk, _values: None, parent=page)
    dialog.open()
    dialog.save()
    settle()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog), timeout=PATIENCE_MS)
    assert page.findChildren(FormDialog) == []


def test_that_labels_take_nothing_for_markup(qtbot: QtBot) -> None:
    field = TextField("name", "<b>Name</b>")
    qtbot.addWidget(field)
    assert field.label.textFormat() is Qt.TextFormat.PlainText


def test_that_the_dialog_is_high_enough_for_its_words_and_grows_with_what_is_said_at_a_field(
    workspace: Workspace, qtbot: QtBot
) -> None:
    form = Form(TextField("name", "Name"), NotesField("notes", "Notes", required=False))
    intro = "A campaign is a long-lived thesis. It owns leads, and experiments run in it one at a time. " * 2
    dialog = FormDialog(workspace, "New campaign", form, lambda _desk, _values: None, intro=intro)
    qtbot.addWidget(dialog)
    dialog.show()
    before = dialog.height()
    area = dialog.findChildren(QScrollArea)[0]
    assert area.geometry().bottom() < dialog.findChildren(QPushButton)[0].geometry().top()
    form.check()
    qtbot.waitUntil(lambda: dialog.height() > before)
    assert area.verticalScrollBar().maximum() == 0
    assert area.geometry().bottom() < dialog.findChildren(QPushButton)[0].geometry().top()
