"""What Google Cloud is asked with: the table of the billing export, and whose login asks."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.connect.asked import GcpAsked, Tried, try_gcp_asked
from capdesk.services.connections import ConnectionInfo, project_name, table_name
from capdesk.services.providers.base_url import checked_url
from capdesk.services.providers.charges import Provider
from capdesk.views.forms.fields import ChoiceField, NumberField, ParsedField, TextField, beside
from capdesk.views.forms.form import Form, Values
from capdesk.views.pages.settings.connect_dialog import ConnectDialog
from capdesk.views.pages.settings.more import MoreFields
from capdesk.views.widgets import button, named
from capdesk.views.workspace import Workspace

_INTRO = (
    "capdesk reads the billing export in BigQuery. Google bills such queries by what they read, so its own estimate is "
    "shown before anything is asked for."
)
_FILE, _KEPT, _OWN = "file", "kept", "adc"


class FileField(TextField):
    """The path of a file, typed or chosen."""

    def _laid_out(self) -> QWidget:
        chooser = named(button("Choose…", self.choose), f"choose-{self.key}", f"Choose {self.label.text()}")
        return beside(self.editor, chooser)

    def choose(self) -> None:
        dialog = QFileDialog(self, self.label.text(), str(Path.home()), "Keys (*.json);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.set_value)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class GcpDialog(ConnectDialog):
    """`again` is a connection that is to be tried with other values."""

    provider: Provider = "gcp"

    def __init__(
        self, workspace: Workspace, again: ConnectionInfo | None = None, parent: QWidget | None = None
    ) -> None:
        self.table = ParsedField(
            "table", "Table of the billing export", table_name, hint="project.dataset.gcp_billing_export_v1_…"
        )
        self.login = ChoiceField("login", "Who asks", _logins(again))
        self.file = FileField("key_file", "Key file", hint="JSON, as Google made it. It is sealed, never shown again.")
        self.project = ParsedField(
            "query_project", "Project that pays for the queries", project_name, required=False, hint="The table's."
        )
        self.location = TextField("location", "Location", required=False, hint="US, EU …; found out by itself.")
        self.most = NumberField("max_bytes", "Most bytes one query may read", required=False, hint="20 GiB.")
        self.address = ParsedField(
            "base_url", "Other address", checked_url, required=False, hint="Asked instead of Google's own."
        )
        form = Form(self.table, self.login, self.file)
        more = MoreFields("More", form, self.project, self.location, self.most, self.address)
        super().__init__(workspace, form, _INTRO, parent)
        self.login.changed.connect(self._show_file)
        if again is not None:
            self.table.set_value(again.account)
            self.table.line.setReadOnly(True)
            self.login.set_value(_OWN if again.settings.get("credentials") == "adc" else _KEPT)
            for field, name in ((self.project, "query_project"), (self.most, "max_bytes")):
                field.set_value(again.settings.get(name))
            self.location.set_value(again.settings.get("location"))
            self.address.set_value(again.base_url)
            more.open_if_used()
        self._show_file()

    def attempt(self, desk: Desk, values: Values) -> Tried:
        login = values["login"]
        return try_gcp_asked(
            desk,
            GcpAsked(
                table=values["table"],
                key_file=Path(values["key_file"]) if login == _FILE else None,
                adc=login == _OWN,
                query_project=values["query_project"],
                location=values["location"],
                max_bytes=values["max_bytes"],
                base_url=values["base_url"],
            ),
        )

    def check(self) -> bool:
        if not super().check():
            return False
        most = self.most.value()
        if most is not None and most <= 0:
            self.most.complain("The most bytes one query may read must be more than 0.")
            return False
        return True

    def _show_file(self) -> None:
        self.file.setVisible(self.login.value() == _FILE)

    def _forget_secrets(self) -> None:
        """The key was read from its file and is in no field."""


def _logins(again: ConnectionInfo | None) -> list[tuple[str, str]]:
    own = (_OWN, "This computer's own login (application-default credentials)")
    kept = [(_KEPT, "The key that is kept already")] if again else []
    return [(_FILE, "A service account, with its key file"), *kept, own]
