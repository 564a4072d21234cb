"""The accounts costs and calls come from by themselves: how far each is in, and what can be done with it."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk, cost_source
from capdesk.services.connect.keep import forget
from capdesk.services.connect.trial import try_costs
from capdesk.services.connections import ConnectionInfo, list_connections
from capdesk.services.money import dollars
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.providers.pull import Account
from capdesk.services.reports.wording import counted, long_day
from capdesk.services.signals.provisional import TWILIO_FINAL_AFTER_DAYS
from capdesk.services.source_states import SourceState, source_states
from capdesk.services.sync.report import SOURCES_OF, SyncReport
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.connect_dialog import ConnectDialog
from capdesk.views.pages.settings.connect_gcp import GcpDialog
from capdesk.views.pages.settings.connect_twilio import TwilioDialog
from capdesk.views.pages.settings.section import Card, JobLine, Outcome, Rows, Section, fact, row_button
from capdesk.views.pulling import pulling
from capdesk.views.widgets import badge, button, line, long_text, named, text
from capdesk.views.workspace import Workspace

_EMPTY = (
    "No account is connected yet. Connect Twilio or Google Cloud, and what they charge comes in by itself; files can "
    "be imported all the same."
)


@dataclass(frozen=True)
class _Shown:
    connections: list[ConnectionInfo]
    states: dict[tuple[str, str], SourceState]


class ConnectionsSection(Section):
    key = "connections"
    title = "Connections"
    icon = "plug"
    about = "What providers charged is pulled from these accounts, each usage day once it has ended."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.outcome = Outcome("connections-outcome")
        self.waiting = JobLine("connections-job")
        self.rows = Rows("connections", "Connected accounts")
        self.empty = Card("Nothing is connected", _EMPTY)
        self.empty.hide()
        self.twilio = named(button("Connect Twilio…", self.connect_twilio, kind="primary"), "connect-twilio")
        self.google = named(button("Connect Google Cloud…", self.connect_gcp), "connect-gcp")
        syncs = button("Show syncs", lambda: workspace.go("syncs"), kind="link")
        self.column.addWidget(flowing(self.twilio, self.google, syncs))
        for widget in (self.waiting, self.outcome, self.empty, self.rows):
            self.column.addWidget(widget)

    def reload(self) -> None:
        self.read(self._read, self._show)
        job = pulling(self.workspace).job
        if job is not None and not self.waiting.busy:
            self.waiting.watch(job)

    def connect_twilio(self, again: ConnectionInfo | None = None) -> None:
        self._open(TwilioDialog(self.workspace, again, self))

    def connect_gcp(self, again: ConnectionInfo | None = None) -> None:
        self._open(GcpDialog(self.workspace, again, self))

    def test(self, one: ConnectionInfo) -> None:
        """Asks the provider what is free to ask; records nothing."""
        if self.waiting.busy:
            return
        self.outcome.say("")
        job = self.workspace.run(
            f"Asking {PROVIDER_NAMES[one.provider]}",
            lambda desk, _report: _tested(desk, one),
            owner=self,
            then=self.outcome.say,
            failed=self.outcome.refuse(self.workspace),
        )
        self.waiting.watch(job)

    def pull(self, one: ConnectionInfo) -> None:
        """Pulls all accounts of its provider, due or not."""
        if self.waiting.busy:
            return
        self.outcome.say("")
        job = pulling(self.workspace).pull(
            SOURCES_OF[one.provider], owner=self, then=self._pulled, failed=self.outcome.refuse(self.workspace)
        )
        self.waiting.watch(job)

    def remove(self, one: ConnectionInfo) -> None:
        dialog = FormDialog(
            self.workspace,
            f"Remove {one.account}",
            Form(),
            partial(_removed, one),
            self._removed,
            save_words="Remove",
            intro="It is asked no more, and its secret is forgotten. What it brought stays; connecting it again takes "
            "it up where it stopped.",
            danger=True,
            parent=self,
        )
        dialog.open()

    def _open(self, dialog: ConnectDialog) -> None:
        dialog.connected.connect(self.reload)
        dialog.accepted.connect(self._connected)
        dialog.open()

    def _connected(self) -> None:
        """Once an account is kept, its costs come."""
        self.reload()
        dialog = self.sender()
        if isinstance(dialog, ConnectDialog) and dialog.wants_pull and not self.waiting.busy:
            job = pulling(self.workspace).pull(
                SOURCES_OF[dialog.provider],
                owner=self,
                then=self._pulled,
                failed=self.outcome.refuse(self.workspace),
            )
            self.waiting.watch(job)

    def _pulled(self, report: SyncReport) -> None:
        words, well = pulled_words(report)
        self.outcome.say(words, "good" if well else "bad")
        self.reload()

    def _removed(self, words: object) -> None:
        self.outcome.say(str(words))
        self.reload()

    def _read(self, desk: Desk) -> _Shown:
        moment = self.workspace.clock.now()

        def look(session: Any) -> _Shown:
            states = source_states(session, max(moment, desk.clock.now()), disconnected=True)
            return _Shown(list_connections(session), {(one.provider, one.account): one for one in states})

        return desk.read(look)

    def _show(self, shown: _Shown) -> None:
        self.empty.setVisible(not shown.connections)
        self.rows.replace([self._card(one, shown.states.get((one.provider, one.account))) for one in shown.connections])

    def _card(self, one: ConnectionInfo, state: SourceState | None) -> QWidget:
        whole = Card(PROVIDER_NAMES[one.provider], aside=_badge(one, state))
        whole.column.addWidget(long_text(one.account, "muted"))
        for label, words in self._facts(one, state):
            whole.column.addWidget(fact(label, words))
        if state is not None and state.last_error and one.active:
            whole.column.addWidget(text(state.last_error, "bad", wrap=True))
        whole.column.addWidget(line())
        whole.column.addWidget(flowing(*self._buttons(one)))
        return whole

    def _facts(self, one: ConnectionInfo, state: SourceState | None) -> list[tuple[str, str]]:
        zone = self.workspace.desk.zone
        through = "nothing yet" if state is None or state.through is None else f"{long_day(state.through)} (UTC)"
        found = [("Complete through", through), ("Last pulled", _moment(state, zone))]
        if one.active:
            today = self.workspace.clock.now().astimezone(UTC).date()
            since = long_day(today - timedelta(days=TWILIO_FINAL_AFTER_DAYS - 1))
            google = "until the 5th of the month after its invoice month"
            found.append(("Provisional", f"days from {since} on" if one.provider == "twilio" else google))
        found.append(("Login", _login(one)))
        if one.base_url:
            found.append(("Address", one.base_url))
        return found

    def _buttons(self, one: ConnectionInfo) -> list[QWidget]:
        again = self.connect_twilio if one.provider == "twilio" else self.connect_gcp
        if not one.active:
            return [row_button("Connect again…", lambda: again(one), f"again-{one.id}", f"Connect {one.account} again")]
        return [
            row_button("Test", lambda: self.test(one), f"test-{one.id}", f"Test {one.account}"),
            row_button("Pull now", lambda: self.pull(one), f"pull-{one.id}", f"Pull {one.account} now"),
            row_button("Change…", lambda: again(one), f"change-{one.id}", f"Change {one.account}"),
            row_button("Remove…", lambda: self.remove(one), f"remove-{one.id}", f"Remove {one.account}"),
        ]


def pulled_words(report: SyncReport) -> tuple[str, bool]:
    """What came of a pull in a few sentences, and whether all is well."""
    wrong = [f"{one.source} of {one.connection}: {one.detail}" for one in report.pulls if one.state == "failed"]
    busy = [f"{one.source} of {one.connection}: {one.detail}" for one in report.pulls if one.state == "busy"]
    landed = sum(account.landed for one in report.pulls for account in one.accounts)
    said = f"{counted(landed, 'new row')}, {dollars(report.difference_usd)} of difference."
    if report.dry_run:
        said = f"A sync would bring {said} Nothing was recorded."
    if not report.pulls:
        said = "Nothing is connected, so nothing was pulled."
    return " ".join([*wrong, *busy, said]), not wrong


def _tested(desk: Desk, one: ConnectionInfo) -> str:
    source = cost_source(desk, one)
    if one.provider == "gcp":
        trial = try_costs(source, desk.clock, Account(one.account, one.account))
        return f"Google Cloud answers, and all roles are there. {trial.questions[-1].asked} Nothing was asked for yet."
    accounts = source.accounts()
    return f"Twilio answers, and tells of {counted(len(accounts), 'account')}. Nothing was recorded."


def _removed(one: ConnectionInfo, desk: Desk, _values: Values) -> str:
    removed, secret = forget(desk, one.account)
    told = "its secret is forgotten" if secret else "no secret of it was kept"
    return f"{removed.account} is connected no more, and {told}; what it brought stays."


def _badge(one: ConnectionInfo, state: SourceState | None) -> QWidget:
    if not one.active:
        return badge("removed")
    if state is not None and state.last_error:
        return badge("failing", "bad")
    if state is None or state.last_done_at is None:
        return badge("not pulled yet", "warn")
    return badge("connected", "good")


def _moment(state: SourceState | None, zone: ZoneInfo) -> str:
    if state is None or state.last_done_at is None:
        return "never"
    return f"{state.last_done_at.astimezone(zone):%Y-%m-%d %H:%M}"


def _login(one: ConnectionInfo) -> str:
    if one.provider == "twilio":
        key = one.settings.get("key_sid")
        alone = ", this account alone" if one.settings.get("alone") else ", with its subaccounts"
        return (f"API key {key}" if key else "auth token") + alone
    return "this computer's own" if one.settings.get("credentials") == "adc" else "a service account's key"
