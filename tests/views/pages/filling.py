"""Filling a form dialog as a person does, and the dialog that is open."""

from typing import Any

import shiboken6
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from capdesk.views.forms.form import FormDialog
from tests.views.conftest import PATIENCE_MS, Settle


def open_dialog(qtbot: QtBot) -> FormDialog:
    """The form that has come up."""
    found: list[FormDialog] = []

    def there() -> bool:
        found[:] = [one for one in QApplication.topLevelWidgets() if isinstance(one, FormDialog) and one.isVisible()]
        return bool(found)

    qtbot.waitUntil(there, timeout=PATIENCE_MS)
    return found[-1]


def fill(qtbot: QtBot, settle: Settle, **values: Any) -> FormDialog:
    """Fills the open form and saves it; the dialog, gone or with its error."""
    dialog = open_dialog(qtbot)
    dialog.form.set_values(values)
    dialog.save()
    settle()
    return dialog


def is_gone(dialog: FormDialog) -> bool:
    """Whether it was closed."""
    return not shiboken6.isValid(dialog)


def error_of(dialog: FormDialog) -> str:
    label = dialog.findChild(QLabel, "form-error")
    assert isinstance(label, QLabel)
    return label.text()
