"""What looks for secrets finds them: otherwise that none was found would say nothing."""

import base64
import html
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capdesk.services.providers.mail import Message
from tests.support import canaries
from tests.support.canaries import Search, parts
from tests.support.clients import eventually
from tests.support.hush import Hush
from tests.support.watched import Watched

TRANSFORMED: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "url": lambda text: quote(text, safe="").encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "json": lambda text: json.dumps({"a": text}).encode(),
    "html": lambda text: html.escape(text).encode(),
    "bytes literal": lambda text: repr(text.encode()).encode(),
}


@given(st.text(st.characters(codec="ascii"), min_size=8), st.text(), st.text(), st.sampled_from(sorted(TRANSFORMED)))
@example("a quote ' and a \\", "before", "after", "bytes literal")
def test_that_a_secret_is_found_whatever_was_done_to_the_text_it_stands_in(
    secret: str, before: str, after: str, how: str
) -> None:
    text = before.encode("utf-8", "ignore").decode() + secret + after.encode("utf-8", "ignore").decode()
    assert Search([canaries.text("it", secret)]).leaks([("here", TRANSFORMED[how](text))])


def test_that_a_secret_in_a_coded_part_of_an_email_is_found() -> None:
    body, now = f"<p>é {Hush().token * 3}</p>", datetime(2026, 11, 20, tzinfo=UTC)
    letter = Message("a@example.com", "o@example.com", "Hi", "é", body, "<1@example.com>", now)
    search = Search([canaries.text("it", body[5:101])])
    assert body.encode() not in letter.wire()
    assert search.leaks(parts("e-mail", letter.wire())) == ["it (plain) in e-mail, part 2"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system does not show other processes")
def test_that_what_another_program_is_given_is_found(tmp_path: Path) -> None:
    watched, hush = Watched(tmp_path), Hush()
    command = ["sleep", "60"]
    with watched.others(), subprocess.Popen(command, env={"TOKEN": hush.token}, cwd=tmp_path) as planted:
        assert eventually(lambda: any(f"sleep {planted.pid}" in place for place, _ in watched.given_to_others()))
        planted.kill()
    [leak] = Search([canaries.text("it", hush.token)]).leaks(watched.given_to_others())
    assert leak == f"it (plain) in environment of sleep {planted.pid}"
