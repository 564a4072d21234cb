"""The accounts a Twilio login can tell of: itself and its subaccounts."""

from capdesk.services.providers.pull import Account
from capdesk.services.providers.twilio_faults import drifted
from capdesk.services.providers.twilio_http import Listing, Record, TwilioHttp, is_sid

LISTING = Listing(what="the list of accounts", path="/2010-04-01/Accounts.json", key="accounts")
_CLOSED = frozenset({"closed", "suspended"})


def list_accounts(http: TwilioHttp, own: str) -> list[Account]:
    """The login's own account first. Of each only SID, name and status are read: its auth token is never kept.

    Raises ProviderRefused and ProviderUnavailable.
    """
    found = {account.id: account for page in http.pages(LISTING) for account in map(_account, page)}
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
