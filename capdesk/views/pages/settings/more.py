"""Fields few people need: out of sight until asked for."""

from typing import Any

from PySide6.QtWidgets import QCheckBox

from capdesk.views.forms.fields import Field
from capdesk.views.forms.form import Form
from capdesk.views.widgets import named


class MoreFields(QCheckBox):
    """A check box in the form that shows the fields below it."""

    def __init__(self, words: str, form: Form, *fields: Field[Any]) -> None:
        super().__init__(words)
        named(self, "more-fields", words)
        self._fields = fields
        layout = form.layout()
        if layout is not None:
            layout.addWidget(self)
        for field in fields:
            form.add(field)
        self.toggled.connect(self._show)
        self._show(False)

    def open_if_used(self) -> None:
        """Shows the fields where one of them says something."""
        self.setChecked(any(field.value() not in (None, False) for field in self._fields))

    def _show(self, shown: bool) -> None:
        for field in self._fields:
            field.setVisible(shown)
