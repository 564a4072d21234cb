"""Tokens, passwords and keys: which there are, where each lies, and whether they can be opened. Never what they are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import NoKeyring, SecretAbsent, SecretsLocked, SecretUnavailable
from capdesk.services.connect.asked import key_file_text
from capdesk.services.connect.credentials import password, service_account, token
from capdesk.services.doctor_outside import needed_secrets
from capdesk.services.reports.wording import counted
from capdesk.services.secrets import SMTP_PASSWORD, Secrets, variable
from capdesk.services.secrets.stored import StoredSecrets
from capdesk.views.forms.fields import TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.connect_gcp import FileField
from capdesk.views.pages.settings.section import Card, JobLine, Outcome, Rows, Section, line_of, row_button
from capdesk.views.widgets import Tone, badge, button, long_text, named, styled, text
from capdesk.views.workspace import Workspace, sentence

_NONE = "No secret is kept or needed yet. Connecting an account or a mail server brings its own."
_WAYS: tuple[tuple[type[SecretUnavailable], str], ...] = (
    (
        SecretsLocked,
        "Unlock the keyring of this computer by signing in or in its own program, then check again.",
    ),
    (
        NoKeyring,
        "No keyring answers here, as in a session without a desktop: let a key file hold the key.",
    ),
    (SecretAbsent, "No key there is opens what is kept. Set each secret again: the old file is kept beside."),
    (SecretUnavailable, "Put right what is said here, then check again."),
)
_OPT_IN = (
    "A key file lies in the desk folder, for your account alone: scheduled reports go on while the keyring is locked, "
    "and whoever gets at that folder or a copy of it can read the secrets."
)


@dataclass(frozen=True)
class _Row:
    name: str
    source: str
    """`sealed file`, `environment` or `missing`; empty where nobody can tell."""
    removable: bool = False


@dataclass(frozen=True)
class _Shown:
    rows: tuple[_Row, ...]
    others: tuple[str, ...]
    key: str
    """Where the key that opened the file lies; empty where there is no file."""
    key_file: bool
    trouble: SecretUnavailable | None = None


class SecretsSection(Section):
    key = "secrets"
    title = "Secrets"
    icon = "key-round"
    about = (
        "Tokens, passwords and keys lie sealed in the desk folder; the key that opens them lies in this computer's "
        "keyring. None is ever shown."
    )

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.state = named(text("Asking the keyring …", wrap=True), "secrets-state")
        self.way = named(text("", "muted", wrap=True), "secrets-way")
        self.way.hide()
        self.again = named(button("Check", self.check), "secrets-check", "Check whether the secrets can be opened")
        self.waiting = JobLine("secrets-job")
        self.outcome = Outcome("secrets-outcome")
        state = Card("The key", "", self.state, self.way)
        state.column.addWidget(flowing(self.again))
        state.column.addWidget(self.waiting)
        self.rows = Rows("secrets", "Secrets")
        self.opt_in = named(QCheckBox("Let unattended runs use a key file"), "secrets-key-file")
        self.opt_in.setAccessibleName(self.opt_in.text())
        self.opt_in.clicked.connect(self._opted)
        unattended = Card("Unattended runs", "", self.opt_in, text(_OPT_IN, "muted", wrap=True))
        for widget in (self.outcome, state, Card("Secrets", "", self.rows), unattended):
            self.column.addWidget(widget)

    def reload(self) -> None:
        self.read(_look, self._show)

    def check(self) -> None:
        """Opens everything anew, past what is remembered of it; a keyring may take its time."""
        if self.waiting.busy:
            return
        self.outcome.say("")
        job = self.workspace.run(
            "Asking the keyring",
            lambda desk, _report: _look(desk),
            owner=self,
            then=self._show,
            failed=self.outcome.refuse(self.workspace),
        )
        self.waiting.watch(job)

    def set_secret(self, name: str) -> None:
        """Asks for a new value."""
        of_google = name.startswith("gcp-")
        field: TextField = (
            FileField("value", "Key file", hint="The service account's key, as Google made it.")
            if of_google
            else TextField("value", "New value", secret=True, hint="It is sealed, and never shown again.")
        )
        self._dialog(
            f"Set {name}", Form(field), lambda desk, values: _stored(desk, name, values["value"]), "Set", field
        )

    def remove(self, name: str) -> None:
        form = Form()
        form.add_text("What needs it cannot be asked any more until it is set again.")
        self._dialog(f"Remove {name}", form, lambda desk, _values: _removed(desk.secrets, name), "Remove")

    def _dialog(
        self, title: str, form: Form, save: Callable[[Desk, Values], Any], words: str, secret: TextField | None = None
    ) -> None:
        dialog = FormDialog(
            self.workspace, title, form, save, self._saved, save_words=words, danger=secret is None, parent=self
        )
        if secret is not None:
            dialog.finished.connect(lambda _result: secret.line.clear())
        dialog.open()

    def _saved(self, words: object) -> None:
        self.outcome.say(str(words))
        self.reload()

    def _opted(self, wanted: bool) -> None:
        if self.waiting.busy:
            self.opt_in.setChecked(not wanted)
            return
        job = self.workspace.run(
            "Changing where the key lies",
            lambda desk, _report: _opt(desk.secrets, wanted),
            owner=self,
            then=self._saved,
            failed=self._not_opted,
            cancellable=False,
        )
        self.waiting.watch(job)

    def _not_opted(self, error: Exception) -> None:
        self.outcome.refuse(self.workspace)(error)
        self.reload()

    def _show(self, shown: _Shown) -> None:
        self.opt_in.setChecked(shown.key_file)
        kept = [one for one in shown.rows if one.source == "sealed file"]
        if shown.trouble is not None:
            self.state.setText(sentence(shown.trouble))
            self.way.setText(next(way for kind, way in _WAYS if isinstance(shown.trouble, kind)))
        elif shown.key:
            self.state.setText(f"{counted(len(kept), 'secret')} can be opened, with the key from the {shown.key}.")
        else:
            self.state.setText("Nothing is sealed yet; the first secret makes its key.")
        styled(self.state, "bad" if shown.trouble else "good" if shown.key else "muted")
        self.way.setVisible(shown.trouble is not None)
        rows: list[QWidget] = [self._row(one) for one in shown.rows]
        rows += [
            text(f"{name} is set in the environment, and names no connection here.", "small") for name in shown.others
        ]
        self.rows.replace(rows or [text(_NONE, "muted", wrap=True)])

    def _row(self, one: _Row) -> QWidget:
        words = {"environment": f"environment ({variable(one.name)})", "": "cannot be told"}.get(one.source, one.source)
        tone: Tone = "bad" if one.source == "missing" else "good" if one.source == "sealed file" else "neutral"
        cells: list[QWidget] = [badge(words, tone)]
        cells.append(row_button("Set…", lambda: self.set_secret(one.name), f"set-{one.name}", f"Set {one.name}"))
        if one.removable:
            remove = row_button("Remove…", lambda: self.remove(one.name), f"remove-{one.name}", f"Remove {one.name}")
            cells.append(remove)
        return line_of(long_text(one.name), *cells)


def _look(desk: Desk) -> _Shown:
    """The keyring is asked outside any transaction: it may take seconds."""
    needed = desk.read(needed_secrets)
    kept = desk.secrets
    key_file = isinstance(kept, StoredSecrets) and kept.keys.key_file.exists()
    try:
        state = kept.state() if isinstance(kept, StoredSecrets) else None
        stored = set(state.names) if state else set(kept.names())
        others = tuple(kept.other_variables()) if isinstance(kept, StoredSecrets) else ()
    except SecretUnavailable as trouble:
        rows = tuple(_Row(name, "environment" if _given(kept, name) else "") for name in sorted(needed))
        return _Shown(rows, (), "", key_file, trouble)
    rows = tuple(_row_of(kept, name, stored) for name in sorted({*needed, *stored, *kept.names()}))
    key = "memory of this program" if state is None else state.key_source or ""
    return _Shown(rows, tuple(one for one in others if one not in {variable(row.name) for row in rows}), key, key_file)


def _row_of(kept: Secrets, name: str, stored: set[str]) -> _Row:
    source = "environment" if _given(kept, name) else "sealed file" if name in stored else "missing"
    return _Row(name, source, name in stored)


def _given(kept: Secrets, name: str) -> bool:
    return isinstance(kept, StoredSecrets) and kept.from_environment(name) is not None


def _stored(desk: Desk, name: str, typed: str) -> str:
    aside = desk.secrets.set(name, _checked(name, typed))
    told = f"{name} is kept."
    if _given(desk.secrets, name):
        told += f" {variable(name)} is set and goes before this."
    if aside is not None:
        told += f" The file that could no longer be opened is now {aside}: set the other secrets again too."
    return told


def _checked(name: str, typed: str) -> str:
    if name == SMTP_PASSWORD:
        return password(typed, "mail password")
    if name.startswith("gcp-"):
        return service_account(key_file_text(Path(typed))).key
    return token(typed, "token")


def _removed(kept: Secrets, name: str) -> str:
    kept.remove(name)
    still = f" {variable(name)} is still set and used." if _given(kept, name) else ""
    return f"{name} is removed.{still}"


def _opt(kept: Secrets, wanted: bool) -> str:
    if not isinstance(kept, StoredSecrets):
        return "These secrets last as long as this program; no key file is needed."
    where = kept.keys.key_file
    if wanted:
        kept.allow_key_file()
        return f"{where} holds the key, for your account alone: unattended runs go on while the keyring is locked."
    kept.forbid_key_file()
    return f"There is no key file any more: runs need the keyring again. Copies of {where} still open what was kept."
