"""Taking a wrong fact back: a reversing row that says why. Nothing is edited or deleted."""

from collections.abc import Callable
from typing import Any

from capdesk.bootstrap import Desk
from capdesk.views.forms.fields import NotesField
from capdesk.views.forms.form import Form, FormDialog
from capdesk.views.page import Page


def ask_to_reverse(
    page: Page, what: str, follows: str, reverse: Callable[[Desk, str], Any], then: Callable[[Any], str]
) -> None:
    """Asks why `what` ("call 12") is wrong, reverses it, and says what `then` makes of the answer."""
    form = Form(NotesField("reason", "Why is it wrong?", hint="Kept for good beside the fact it answers."))
    dialog = FormDialog(
        page.workspace,
        f"Reverse {what}",
        form,
        lambda desk, values: reverse(desk, values["reason"]),
        lambda answer: page.workspace.say(then(answer), "good"),
        save_words="Reverse it",
        intro=f"A reversing row answers it; both stay. {follows}",
        danger=True,
        parent=page,
    )
    dialog.open()
