"""The real client against a local Twilio: short time-outs, small pages, and answers changed on their way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import stamina

from capdesk.errors import CapdeskError
from capdesk.services.clock import FixedClock
from capdesk.services.providers.bounded_http import Limits
from capdesk.services.providers.local.http import Answer, Request
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import account_record
from capdesk.services.providers.pull import Account, Pull, Span
from capdesk.services.providers.twilio_api import Patience, TwilioCosts, TwilioCredentials
from tests.services.providers.cost_source_contract import SPAN

NOW = FixedClock(datetime(2026, 11, 21, 3, tzinfo=UTC))
MAIN, SUB = "AC" + "0" * 32, "AC" + "1" * 32
USAGE = "Usage/Records/Daily"
TOKEN = "canary-token-0123456789"
LOGIN = TwilioCredentials(MAIN, TOKEN)
ATTEMPTS = 3
QUICK = Patience(Limits(connect_s=2, silence_s=0.25, answer_s=0.8), attempts=ATTEMPTS, total_s=30)


def a_twilio(**data: Any) -> LocalTwilio:
    return LocalTwilio(MAIN, TOKEN, subaccounts=[account_record(SUB, "Autumn")], **data)


@contextmanager
def no_waiting() -> Iterator[None]:
    """Retries happen as in earnest, at once."""
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


def small_pages(twilio: LocalTwilio, size: int) -> None:
    """A provider may give fewer records a page than it was asked for."""
    original = twilio.server.answer

    def answer(request: Request) -> Answer:
        return original(replace(request, query={**request.query, "PageSize": [str(size)]}))

    twilio.server.answer = answer


def changed(twilio: LocalTwilio, change: Callable[[dict[str, Any]], Any], path: str = "") -> None:
    """Every good answer whose path holds `path` goes through `change`, which may alter it or return another."""
    original = twilio.server.answer

    def answer(request: Request) -> Answer:
        true = original(request)
        if true.status != 200 or path not in request.path:
            return true
        body = json.loads(true.body)
        other = change(body)
        return replace(true, body=json.dumps(body if other is None else other).encode())

    twilio.server.answer = answer


def costs_of(twilio: LocalTwilio, login: TwilioCredentials = LOGIN, patience: Patience = QUICK) -> TwilioCosts:
    return TwilioCosts(login, clock=NOW, base_url=twilio.url, patience=patience)


def pulled(twilio: LocalTwilio, account: str = MAIN, span: Span = SPAN, **login: Any) -> Pull:
    return costs_of(twilio, **login).pull(Account(account, ""), span, lambda _rows: None)


def sentence(kind: type[CapdeskError], twilio: LocalTwilio, account: str = MAIN) -> str:
    with pytest.raises(kind, match=r"^[A-Z][^\n]*\.$") as raised:
        pulled(twilio, account)
    assert TOKEN not in f"{raised.value!r}"
    return str(raised.value)
