"""The calls Twilio tells of: metadata beside the imported ones. None of them makes an event."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from capdesk.services.listings.model import Column, Listing
from capdesk.services.reports.wording import counted
from capdesk.services.twilio_calls import TwilioCallPage, TwilioCallRow, list_twilio_calls
from capdesk.views.records.held import Held, HeldModel, HeldView
from capdesk.views.records.held_list import HeldList
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

MOST = 500
TWILIO = Listing(
    "twilio-calls",
    "Calls known to Twilio",
    (
        Column("when", "Started", "moment", ""),
        Column("phone", "Phone", "text", ""),
        Column("direction", "Direction", "text", ""),
        Column("status", "Status", "text", ""),
        Column("seconds", "Seconds", "number", ""),
        Column("price", "Price", "money", ""),
        Column("match", "Imported call", "text", ""),
        Column("recording", "Recording", "text", ""),
        Column("account", "Account", "text", ""),
        Column("sid", "SID", "text", ""),
    ),
    "",
    "",
    "when",
)


class TwilioCalls(QWidget):
    """The newest of them, and how each was found among the imported calls."""

    wanted_call = Signal(object)
    """The id of an imported call."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.model = HeldModel(TWILIO, workspace.desk.zone, self)
        self.table = HeldView(workspace.theme, self.model)
        self.table.entered_row.connect(self._entered)
        self.unmatched = named(QCheckBox("Only those beside no imported call"), "twilio-unmatched")
        self.unmatched.toggled.connect(self.reload)
        self.list = HeldList(workspace, self.table, self.unmatched)
        self.model.modelReset.connect(self._draw)
        self._page: TwilioCallPage | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        told = (
            "Metadata Twilio keeps of its calls; it makes no event and no figure rests on it. “Joined” is an imported "
            "call that names its SID, “probable” one of the same number within two minutes."
        )
        column.addWidget(text(told, "muted", wrap=True))
        column.addWidget(self.list, 1)

    def reload(self) -> None:
        only = self.unmatched.isChecked()
        self.workspace.read(
            self,
            "calls",
            lambda desk: desk.read(lambda session: list_twilio_calls(session, None, None, MOST, unmatched=only)),
            self._show,
        )

    def _show(self, page: TwilioCallPage) -> None:
        self._page = page
        self.model.set_rows([Held(one.call_id, _values(one)) for one in page.calls])

    def _draw(self) -> None:
        page, count = self._page, self.model.rowCount()
        if page is None:
            return
        more = f"the newest {MOST:,} calls; there are more" if page.more else counted(self.model.whole, "call")
        words = more if count == self.model.whole else f"{count:,} of {more}"
        self.list.foot.setText(words[:1].upper() + words[1:])
        self.table.head.setHidden(not count)
        if count:
            self.table.nothing.hide()
        elif page.calls:
            self.table.nothing.say("Nothing matches", "No call has these words.", "Clear filter", self.list.words.clear)
        elif self.unmatched.isChecked():
            self.table.nothing.say("Every call is matched", "Each call Twilio tells of is beside an imported one.")
        else:
            words = "Connect Twilio, or sync, to see which calls it knows."
            self.table.nothing.say("No calls from Twilio yet", words, "Syncs", lambda: self.workspace.go("syncs"))

    def _entered(self, call: int | None) -> None:
        if call is not None:
            self.wanted_call.emit(call)
        else:
            self.list.foot.setText("No imported call is beside it.")


def _values(one: TwilioCallRow) -> tuple[object, ...]:
    match = f"{one.match}: call {one.call_id:,}" if one.match and one.call_id is not None else None
    return (
        *(one.started_at, one.phone, one.direction, one.status.replace("-", " "), one.duration_s, one.price_usd),
        *(match, one.recording_sid, one.account, one.sid),
    )
