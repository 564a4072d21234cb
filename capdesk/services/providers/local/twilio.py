"""A Twilio on 127.0.0.1: accounts, daily usage, calls, recordings and the balance, in the wire format of 2010-04-01.

It holds what it is given, checks who asks, and lets its data be changed while it runs. Point a client at `url`.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Literal, Self

from capdesk.services.providers.local.http import Answer, LocalServer, Request, json_answer
from capdesk.services.providers.local.twilio_books import CallBook, MemoryBook, Rows, UnknownToken, as_json
from capdesk.services.providers.local.twilio_records import API, Record, account_record, negative
from capdesk.services.providers.local.twilio_usage import UsageBook
from capdesk.services.providers.local.twilio_wire import (
    BadParameter,
    error,
    not_found,
    page_answer,
    paging,
    unauthorized,
    usage_wanted_of,
    wanted_of,
)

_INVALID_USERNAME = "Authentication Error - invalid username"
_ROOT = f"{API}/Accounts"


class LocalTwilio:
    """A main account, its subaccounts and what they cost.

    Data is the API's own JSON (see twilio_records): `subaccounts` of account_record, `usage` of usage_record (each
    account's own), `calls` and `recordings` of call_record and recording_record, or a book of them. The token opens
    the main account and its subaccounts, a subaccount's token that one; a `main` API key opens what the token
    opens, a `standard` one only what the main account itself holds, and no list of accounts.
    """

    def __init__(  # noqa: PLR0913 - everything a Twilio account holds
        self,
        account_sid: str,
        auth_token: str,
        *,
        subaccounts: Iterable[Record] = (),
        usage: Iterable[Record] = (),
        calls: Iterable[Record] | CallBook = (),
        recordings: Iterable[Record] | CallBook = (),
        key_sid: str | None = None,
        secret: str | None = None,
        key_kind: Literal["main", "standard"] = "main",
        balance: str = "100.00",
        port: int = 0,
    ) -> None:
        main = account_record(account_sid, "Main account", auth_token=auth_token)
        below = [account | {"owner_account_sid": account_sid} for account in subaccounts]
        self.account_sid = account_sid
        self.balance = balance
        self.usage = UsageBook(usage)
        self.calls: CallBook = _book(calls, "start_time")
        self.recordings: CallBook = _book(recordings, "date_created")
        self.server = LocalServer(self._answer, port=port)
        self._accounts: dict[str, Record] = {account["sid"]: account for account in (main, *below)}
        self._passwords: dict[str, str] = {sid: account["auth_token"] for sid, account in self._accounts.items()}
        self._key = key_sid
        self._key_kind = key_kind
        if key_sid is not None and secret is not None:
            self._passwords[key_sid] = secret
        self._currencies: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, raised, trace)

    @property
    def url(self) -> str:
        return self.server.url

    def restate(
        self, account: str, day: date, price: Decimal, *, category: str = "totalprice", as_of: datetime | None = None
    ) -> None:
        """A day, new or known, costs `price` from now on; `as_of` is six hours later than it was unless said."""
        self.usage.restate(account, day, price, category=category, as_of=as_of)

    def rate_call(self, sid: str, cost: Decimal | str) -> None:
        """The call has its price from now on. Raises KeyError for an unknown SID."""
        self.calls.change(sid, price=negative(cost))

    def set_status(self, sid: str, status: Literal["active", "suspended", "closed"]) -> None:
        """Opens, suspends or closes an account. What it cost can still be asked with the main account's token."""
        self._accounts[sid] = self._accounts[sid] | {"status": status}

    def close_subaccount(self, sid: str) -> None:
        self.set_status(sid, "closed")

    def revoke_token(self, successor: str | None = None) -> None:
        """The main account's token opens nothing from now on; its successor does, if there is one."""
        self._replace(self.account_sid, successor)

    def revoke_key(self, successor: str | None = None) -> None:
        """The same for the secret of the API key."""
        if self._key is not None:
            self._replace(self._key, successor)

    def change_currency(self, currency: str, account: str | None = None) -> None:
        """Prices of one account, or of all, are in another currency from now on."""
        for sid in [account] if account else list(self._accounts):
            self._currencies[sid] = currency

    def _replace(self, user: str, password: str | None) -> None:
        if password is None:
            self._passwords.pop(user, None)
        else:
            self._passwords[user] = password

    def _answer(self, request: Request) -> Answer:
        user = self._user(request)
        if user is None:
            return unauthorized()
        if request.method != "GET":
            return error(405, 20004, "Method not allowed")
        try:
            return self._resource(user, request)
        except BadParameter as bad:
            return error(400, 20001, f"Invalid parameter {bad}")
        except UnknownToken:
            return error(400, 20001, "Invalid parameter PageToken")

    def _user(self, request: Request) -> str | None:
        """Who asks, if the password is right and the account they ask as is active."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, given = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        right = self._passwords.get(user)
        if scheme.lower() != "basic" or right is None or not hmac.compare_digest(right.encode(), given.encode()):
            return None
        account = self._accounts[self.account_sid if user == self._key else user]
        return user if account["status"] == "active" else None

    def _resource(self, user: str, request: Request) -> Answer:
        standard = user == self._key and self._key_kind == "standard"
        if request.path == f"{_ROOT}.json":
            return unauthorized(_INVALID_USERNAME) if standard else self._list_accounts(user, request)
        if not request.path.startswith(f"{_ROOT}/") or not request.path.endswith(".json"):
            return not_found(request)
        account, _, what = request.path.removeprefix(f"{_ROOT}/").removesuffix(".json").partition("/")
        if account not in self._accounts:
            return not_found(request)
        if account not in self._reach(user) or (standard and not what):
            return unauthorized(_INVALID_USERNAME)
        return self._of_account(account, what, request)

    def _reach(self, user: str) -> Sequence[str]:
        """The accounts that a user may ask about."""
        if user == self._key and self._key_kind == "standard":
            return [self.account_sid]
        return list(self._accounts) if user in (self.account_sid, self._key) else [user]

    def _of_account(self, account: str, what: str, request: Request) -> Answer:
        match what:
            case "":
                return json_answer(self._accounts[account])
            case "Balance" if account == self.account_sid:
                currency = self._currencies.get(account, "USD").upper()
                return json_answer({"account_sid": account, "balance": self.balance, "currency": currency})
            case "Usage/Records/Daily":
                rows = self.usage.page(self._family(account, request), usage_wanted_of(request), *paging(request))
                return self._paid(account, page_answer(request, "usage_records", rows))
            case "Calls":
                rows = self.calls.page(account, wanted_of(request, "StartTime"), *paging(request))
                return self._paid(account, page_answer(request, "calls", rows))
            case "Recordings":
                rows = self.recordings.page(account, wanted_of(request, "DateCreated"), *paging(request))
                return self._paid(account, page_answer(request, "recordings", rows))
            case _:
                return not_found(request)

    def _family(self, account: str, request: Request) -> Sequence[str]:
        """Whose usage an account states: its own and its subaccounts', unless only its own is asked for."""
        alone = (request.first("IncludeSubaccounts") or "true").lower() == "false"
        return [account] if alone or account != self.account_sid else list(self._accounts)

    def _paid(self, account: str, answer: Answer) -> Answer:
        """The answer in the account's currency, upper and lower case as it was."""
        currency = self._currencies.get(account)
        if currency is None:
            return answer
        body = answer.body
        for name in (b"price_unit", b"usage_unit"):
            for old, new in ((b"USD", currency.upper()), (b"usd", currency.lower())):
                body = body.replace(b'"%s":"%s"' % (name, old), b'"%s":"%s"' % (name, new.encode()))
        return Answer(answer.status, body, answer.headers)

    def _list_accounts(self, user: str, request: Request) -> Answer:
        after, size = paging(request)
        known = self._reach(user)
        if after is not None and after not in known:
            raise UnknownToken(after)
        status, name = request.first("Status"), request.first("FriendlyName")
        found = [
            self._accounts[sid]
            for sid in known[0 if after is None else known.index(after) + 1 :]
            if self._accounts[sid]["status"] == (status or self._accounts[sid]["status"])
            and self._accounts[sid]["friendly_name"] == (name or self._accounts[sid]["friendly_name"])
        ]
        shown = found[:size]
        last = shown[-1]["sid"] if shown else ""
        return page_answer(request, "accounts", Rows([as_json(one) for one in shown], last, more=len(found) > size))


def _book(rows: Iterable[Record] | CallBook, by: Literal["start_time", "date_created"]) -> CallBook:
    return MemoryBook(rows, by=by) if isinstance(rows, Iterable) else rows
