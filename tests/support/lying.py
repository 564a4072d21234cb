"""Providers that say something else than the truth for a while, and what `capdesk sync` must say of it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from capdesk.services.providers.local.http import Answer, LocalServer, Request
from capdesk.services.sync import SOURCES
from tests.conftest import Capdesk
from tests.support.outside import TOKEN
from tests.support.pulled import Pulled

SYNC = ("sync", *(f"--source={one}" for one in SOURCES))


@contextmanager
def lying(server: LocalServer, path: str, lie: Callable[[Any], object]) -> Iterator[None]:
    """Good answers whose path holds `path` go through `lie`, which changes the JSON, or makes other bytes or JSON."""
    original = server.answer

    def answer(request: Request) -> Answer:
        true = original(request)
        if path not in request.path or true.status != 200:
            return true
        body = json.loads(true.body)
        other = lie(body)
        return replace(true, body=other if isinstance(other, bytes) else json.dumps(other or body).encode())

    server.answer = answer
    try:
        yield
    finally:
        server.answer = original


def syncs(capdesk: Capdesk, pulled: Pulled, failing: Mapping[str, str]) -> None:
    """`capdesk sync` fails for these sources, each with one sentence like that; the others are done."""
    ran = capdesk(*SYNC, "--since", pulled.outside.first, "--json")
    assert (ran.code, ran.err) == (1 if failing else 0, ""), ran.out
    found = {pull["source"]: pull for pull in ran.json["pulls"]}
    assert {name: pull["state"] for name, pull in found.items()} == {
        name: "failed" if name in failing else "done" for name in SOURCES
    }, ran.out
    for name, words in failing.items():
        sentence = found[name]["detail"]
        assert re.search(words, sentence), sentence
        assert re.fullmatch(r"[^\n]+\.", sentence), sentence
        assert "mistake in capdesk" not in sentence
    assert TOKEN not in ran.out
    pulled.after_a_fault()


def recovers(capdesk: Capdesk, pulled: Pulled) -> None:
    """Once the truth is told again, everything is as if nothing had been."""
    pulled.outside.well()
    syncs(capdesk, pulled, {})
    pulled.after_a_good_sync()
