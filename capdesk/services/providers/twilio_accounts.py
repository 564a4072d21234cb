"""The accounts a Twilio login can tell of: itself and its subaccounts."""

from capdesk.errors import ProviderRefused
from capdesk.services.providers.pull import Account
from capdesk.services.providers.twilio_faults import LoginRefused, drifted
from capdesk.services.providers.twilio_http import Listing, Record, TwilioCredentials, TwilioHttp, is_sid

LISTING = Listing(what="the list of accounts", path="/2010-04-01/Accounts.json", key="accounts")
ALONE = "this account alone"
_CLOSED = frozenset({"closed", "suspended"})


class KeyMayNotList(ProviderRefused):
    """An API key was refused the list of accounts: its secret is wrong, or it is no Main key."""


def alone_account(credentials: TwilioCredentials) -> Account:
    """The login's own account, as far as it is known without asking; its name says that others are left out."""
    return Account(credentials.account_sid, f"{credentials.account_sid} ({ALONE})")


def list_accounts(http: TwilioHttp, credentials: TwilioCredentials) -> list[Account]:
    """The login's own account first. Of each only SID, name and status are read: its auth token is never kept.

    Raises ProviderRefused (KeyMayNotList for an API key that is refused) and ProviderUnavailable.
    """
    own = credentials.account_sid
    try:
        found = {account.id: account for page in http.pages(LISTING) for account in map(_account, page)}
    except LoginRefused as refused:
        if credentials.key_sid is None:
            raise
        said = refused.said
        raise KeyMayNotList(
            f"Twilio refused the API key {credentials.key_sid} for {LISTING.what} ({said}): copy its secret again, or, "
            f"where it is a Standard or Restricted key, which may not list them, connect {ALONE} with `capdesk connect "
            "twilio --alone`."
        ) from None
    if own not in found:
        raise drifted(LISTING.what, "sid", f"never is {own}, the account that was asked")
    return [found.pop(own), *(found[sid] for sid in sorted(found))]


def _account(record: Record) -> Account:
    for name in ("sid", "friendly_name", "status"):
        if name not in record:
            raise drifted(LISTING.what, name, "is missing")
        if not isinstance(record[name], str):
            raise drifted(LISTING.what, name, "is no text")
    if not is_sid(record["sid"], "AC"):
        raise drifted(LISTING.what, "sid", "is no account SID")
    return Account(record["sid"], record["friendly_name"] or record["sid"], record["status"] in _CLOSED)
