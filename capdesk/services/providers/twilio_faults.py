"""What can go wrong with an answer of Twilio's, each as one sentence.

None quotes Twilio's own words: a provider that lies could put the token there. Its error number says enough.
"""

import email.utils
import json
import ssl
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import requests

from capdesk.errors import CapdeskError, ProviderRefused, ProviderUnavailable
from capdesk.services.providers.bounded_http import Answer

_REFUSED_LOGIN, _NOT_GRANTED, _NOT_ACTIVE = 20003, 70051, frozenset({10001, 20005, 90010})
_MOST_DIGITS = 6


class Login(Protocol):
    @property
    def account_sid(self) -> str: ...
    @property
    def key_sid(self) -> str | None: ...


class Later(ProviderUnavailable):
    """May succeed if it is tried again, after `wait_s` where Twilio said so."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class LoginRefused(ProviderRefused):
    """The login opens nothing, or not this. `said` is Twilio's status and number of it."""

    def __init__(self, sentence: str, said: str = "") -> None:
        super().__init__(sentence)
        self.said = said


def drifted(what: str, name: str, fault: str) -> ProviderRefused:
    """An answer without a field that capdesk reads, or with another kind of it."""
    return ProviderRefused(
        f"In Twilio's answer for {what} the field '{name}' {fault}, so nothing of it was taken: its format is not the "
        "one that capdesk knows; look for a newer capdesk."
    )


def require_good(answer: Answer, what: str, login: Login, now: datetime, permission: str = "") -> None:
    """Raises ProviderRefused or Later for every status but 200. `permission` is what a Restricted key needs for it."""
    status = answer.status
    if status == 200:
        return
    code = _code(answer)
    said = f"HTTP {status}" + (f", error {code}" if code else "")
    if status == 429:
        raise Later(
            f"Twilio asks for patience ({said}): too many requests of this account at once; {what} will be asked for "
            "again at the next sync.",
            _asked_to_wait(answer, now),
        )
    if status >= 500:
        raise Later(f"Twilio is not in service ({said}), so {what} cannot be had; try again later.")
    if code in _NOT_ACTIVE:
        raise ProviderRefused(
            f"Twilio refused {what} ({said}): that account is suspended or closed; see to it in Twilio's console."
        )
    if code != _REFUSED_LOGIN and (status == 403 or code == _NOT_GRANTED):
        raise LoginRefused(_not_granted(said, what, login, permission), said)
    if status == 401 or code == _REFUSED_LOGIN:
        raise LoginRefused(_login_refusal(said, what, login), said)
    raise ProviderRefused(_refusal(status, said, what))


def _refusal(status: int, said: str, what: str) -> str:
    if 300 <= status < 400:
        return f"Twilio sent the question for {what} elsewhere ({said}); it was not followed."
    if status == 404:
        return (
            f"Twilio knows nothing of {what} ({said}): the account may have been closed for good, or its SID is not "
            "right."
        )
    return f"Twilio did not understand the question for {what} ({said}); look for a newer capdesk."


def _not_granted(said: str, what: str, login: Login, permission: str) -> str:
    if login.key_sid is None:
        return f"Twilio does not allow this login to read {what} ({said}); see to the account in Twilio's console."
    right = f"the permission {permission}" if permission else "that right"
    return (
        f"Twilio does not allow the API key {login.key_sid} to read {what} ({said}); give it {right} in Twilio's "
        "console, or see there whether it was deleted."
    )


def _login_refusal(said: str, what: str, login: Login) -> str:
    if login.key_sid:
        return (
            f"Twilio refused the API key {login.key_sid} or its secret for {what} ({said}); copy the secret again, or "
            "make a new key in Twilio's console and run `capdesk connect twilio` with it."
        )
    return (
        f"Twilio refused the account SID or the token of {login.account_sid} ({said}); copy both again from Twilio's "
        "console and run `capdesk connect twilio`."
    )


def _code(answer: Answer) -> int | None:
    """Twilio's own number of an error."""
    try:
        body = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return code if type(code) is int and 0 < code < 10**_MOST_DIGITS else None


def _asked_to_wait(answer: Answer, now: datetime) -> float | None:
    """Seconds from Retry-After, a number or a date; None where it says nothing usable."""
    text = (answer.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def network_fault(error: requests.RequestException, place: str, what: str) -> CapdeskError:
    """The sentence for a request that brought no whole answer."""
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return ProviderRefused(
            f"The certificate of {place} is not to be trusted, so nothing was asked: something stands between this "
            "computer and Twilio, or its clock is wrong."
        )
    if isinstance(error, requests.exceptions.InvalidURL):
        return ProviderRefused(f"The address of {place}, or of a proxy on the way, cannot be used; correct it.")
    if isinstance(error, requests.exceptions.ProxyError):
        return Later(f"The proxy on the way to {place} cannot be passed; check the proxy settings of this computer.")
    if any(isinstance(cause, TimeoutError | requests.Timeout) for cause in causes):
        return Later(f"{place} did not answer for {what} in time; try again later.")
    if names & {"NewConnectionError", "NameResolutionError"}:
        return Later(f"{place} cannot be reached; check the network and try again.")
    return cut(place, what)


def cut(place: str, what: str) -> Later:
    return Later(f"The connection to {place} was cut while reading {what}; try again later.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was made from: requests wraps urllib3, which wraps the socket's."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
            yield one
