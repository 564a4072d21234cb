"""What Twilio is asked with: the account, its token or an API key."""

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError
from capdesk.services.connect.asked import Tried, TwilioAsked, try_twilio_asked
from capdesk.services.connections import ConnectionInfo, account_sid, key_sid
from capdesk.services.providers.base_url import checked_url
from capdesk.services.providers.charges import Provider
from capdesk.views.forms.fields import CheckField, ParsedField, TextField
from capdesk.views.forms.form import Form, Values
from capdesk.views.pages.settings.connect_dialog import ConnectDialog
from capdesk.views.pages.settings.more import MoreFields
from capdesk.views.workspace import Workspace

_INTRO = (
    "capdesk asks Twilio what each day cost and which calls there were. It is tried first; nothing is kept before you "
    "agree."
)
_TOKEN = "The Auth Token stands beside the Account SID in Twilio's console. It is sealed on this computer, never shown."
_KEPT = "Leave it empty to use the one that is kept already."


class TwilioDialog(ConnectDialog):
    """`again` is a connection that is to be tried with other values."""

    provider: Provider = "twilio"

    def __init__(
        self, workspace: Workspace, again: ConnectionInfo | None = None, parent: QWidget | None = None
    ) -> None:
        self.account = ParsedField(
            "account", "Account SID", account_sid, hint="AC and 32 digits or letters, on the first page of the console."
        )
        self.token = TextField(
            "secret", "Auth token", required=again is None, hint=_KEPT if again else _TOKEN, secret=True
        )
        self.key = ParsedField(
            "key", "API key SID", key_sid, required=False, hint="SK…, where you use a key; its secret goes above."
        )
        self.alone = CheckField("alone", "Only this account, without its subaccounts")
        self.address = ParsedField(
            "base_url", "Other address", checked_url, required=False, hint="Asked instead of Twilio's own."
        )
        form = Form(self.account, self.token)
        more = MoreFields("An API key, or one account alone", form, self.key, self.alone, self.address)
        super().__init__(workspace, form, _INTRO, parent)
        if again is not None:
            self.account.set_value(again.account)
            self.account.line.setReadOnly(True)
            self.key.set_value(again.settings.get("key_sid"))
            self.alone.set_value(bool(again.settings.get("alone")))
            self.address.set_value(again.base_url)
            more.open_if_used()

    def attempt(self, desk: Desk, values: Values) -> Tried:
        return try_twilio_asked(
            desk,
            TwilioAsked(
                account=values["account"],
                secret=values["secret"] or "",
                key=values["key"],
                alone=values["alone"],
                base_url=values["base_url"],
            ),
        )

    def _failed(self, error: Exception) -> None:
        super()._failed(error)
        if _may_not_list(error):
            self._at(self.ask, "Try", self._ask_alone, "Try this account alone")

    def _ask_alone(self) -> None:
        self.alone.set_value(True)
        self.ask()

    def words_for(self, error: CapdeskError) -> str:
        if _may_not_list(error):
            return (
                "Twilio refused this API key the list of accounts: copy its secret again, or, where it is a Standard "
                "or Restricted key, which may not list them, try this account alone."
            )
        return super().words_for(error)

    def _forget_secrets(self) -> None:
        self.token.line.clear()


def _may_not_list(error: Exception) -> bool:
    from capdesk.services.providers.twilio_accounts import KeyMayNotList  # noqa: PLC0415 - the asking has loaded it

    return isinstance(error, KeyMayNotList)
