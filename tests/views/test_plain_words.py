"""No sentence of the window tells its reader to type what the window has a place for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import capdesk
from capdesk.errors import UsageRefused
from capdesk.views.plain_words import in_window
from capdesk.views.workspace import sentence

ROOT = Path(capdesk.__file__).parent
NEVER_IN_THE_WINDOW = (
    "database/remote.py",
    "doctor",
    "demo/",
    "providers/local/",
    "reports/render_",
    "schedule/render_",
)
"""`db init`, `doctor` and files; the window shows none of their sentences."""
TELLS = re.compile(r"`capdesk |(?:^|[ ,(])--[a-z]|with: ?capdesk|\(capdesk |as in: capdesk|with capdesk map")
OF_OTHERS = re.compile(r"`(?:systemctl|gcloud|crontab) [^`]*`")
IN_A_TERMINAL = re.compile(r"`[^`]+` (?:in a terminal|every hour)")


def written(tree: ast.AST) -> Iterator[str]:
    """Every text of a module with `X` for what is put into it; docstrings are none."""
    quiet = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    quiet |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node.value


def told() -> list[str]:
    """Sentences of services and rules that tell of a command or an option; what begins with one is put into others."""
    found = set()
    for file in sorted((ROOT / "services").rglob("*.py")):
        if not str(file.relative_to(ROOT / "services")).startswith(NEVER_IN_THE_WINDOW):
            found |= set(written(ast.parse(file.read_text(encoding="utf-8"))))
    for file in sorted((ROOT / "models" / "rules").glob("*.sql")):
        found |= set(re.findall(r"'((?:[^']|'')*)'", file.read_text(encoding="utf-8")))
    sentences = (one for one in found if " " in one and "\n" not in one and not one.startswith(("capdesk ", "--")))
    return sorted(one for one in sentences if TELLS.search(OF_OTHERS.sub("", one)))


def test_that_there_are_such_sentences() -> None:
    assert len(told()) > 40


@pytest.mark.parametrize("words", told())
def test_that_no_sentence_names_an_option_or_a_command_the_window_has_a_place_for(words: str) -> None:
    left = OF_OTHERS.sub("", IN_A_TERMINAL.sub("", in_window(words)))
    assert not TELLS.search(left), left


@pytest.mark.parametrize("words", told())
def test_that_words_of_the_window_stay_as_they_are(words: str) -> None:
    assert in_window(in_window(words)) == in_window(words)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("--from 2026-11-09 lies after --to 2026-11-02: exchange them.",
         "The first day, 2026-11-09, lies after the last, 2026-11-02: exchange them."),
        ("a@example.com had no campaign on 2026-11-02: say which with `capdesk team assign a@example.com CAMPAIGN`,"
         " then log the hours again.",
         "A@example.com had no campaign on 2026-11-02: assign a campaign on the Team page, then log the hours again."),
        ('Campaign "Fall" has never run an experiment, so an event at 2026-01-05T15:00Z would belong to none for good:'
         ' back-date the start with `capdesk experiment start "Short -- script" --at 2026-01-05T15:00Z`, or record it'
         " with --allow-unattributed.",
         'Campaign "Fall" has never run an experiment, so an event at 2026-01-05T15:00Z would belong to none for good:'
         ' start "Short -- script" back-dated to 2026-01-05T15:00Z, or tick that it is recorded all the same.'),
        ('A reversal says why: give a reason, like --reason "typed twice".', "A reversal says why: give a reason."),
        ('There is no campaign "X", and no campaign yet: make one with `capdesk campaign add "NAME" --product P`.',
         'There is no campaign "X", and no campaign yet: add one first.'),
        ("The seals do not hold (X), so nothing is sent: run `capdesk verify`.",
         "The seals do not hold (X), so nothing is sent: run `capdesk verify` in a terminal."),
    ],
)  # fmt: skip
def test_that_a_sentence_is_said_in_words_of_the_window(said: str, shown: str) -> None:
    assert sentence(UsageRefused(said)) == shown


@given(st.text(alphabet=st.characters(exclude_characters="-`")))
def test_that_other_sentences_stay_as_they_are(words: str) -> None:
    assert "capdesk" in words or in_window(words) == words
