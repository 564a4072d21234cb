import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from capdesk.bootstrap import Desk
from capdesk.commands.base import App
from capdesk.commands.call_twilio import twilio
from capdesk.errors import UsageRefused
from tests.conftest import TestDatabase
from tests.support import builders
from tests.support.twilio_calls import imported, sid, state, told

# 23:30 in New York on the 17th.
LATE = datetime(2026, 11, 18, 4, 30, tzinfo=UTC)
Ask = Callable[..., str]


@pytest.fixture
def run_on(database: TestDatabase, tmp_path: Path) -> Ask:
    """Runs the command."""

    def run(*arguments: str) -> str:
        app = App(tmp_path / "desk", database.app.render_as_string(hide_password=False))
        try:
            result = CliRunner().invoke(twilio, arguments, obj=app, catch_exceptions=True)
        finally:
            app.close()
        if result.exception is not None:
            raise result.exception
        return result.output

    return run


@pytest.fixture
def ask(desk: Desk, run_on: Ask) -> Ask:
    """Runs the command on three calls: 1 is joined to an import, 2 beside none, 3 not rated."""
    now = builders.database_now(desk)
    made = builders.running_experiment(desk, at=now - timedelta(days=1))
    imported(desk, made.campaign, now - timedelta(hours=1), source_id=sid(1))
    told(
        desk,
        state(1, LATE, price_usd=Decimal("0.014"), duration_s=1850, recording_sid="RE1"),
        state(2, LATE + timedelta(hours=1), price_usd=Decimal("1.5"), phone="client:ana", phone_key=None),
        state(3, LATE + timedelta(hours=2)),
    )
    return run_on


def rows(ask: Ask, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask(*arguments, "--json"))["calls"]
    return found


def test_that_calls_are_shown_with_what_they_cost_and_their_import(ask: Ask) -> None:
    header, _, third, second, first = ask().splitlines()
    assert "started (America/New_York)" in header
    assert first.split() == [
        *("2026-11-17", "23:30", "1,850", "outbound-api", "completed", "+13055550123", "$0.014000", "RE1"),
        *("joined:", "call", "1"),
        sid(1),
    ]
    assert "client:ana" in second
    assert second.split()[-2:] == ["—", sid(2)]
    assert third.split()[-4:] == ["—", "—", "—", sid(3)]


def test_that_dates_are_those_of_the_desk_zone_and_both_included(ask: Ask) -> None:
    assert [row["sid"] for row in rows(ask, "--until", "2026-11-17")] == [sid(1)]
    assert [row["sid"] for row in rows(ask, "--since", "2026-11-18")] == [sid(3), sid(2)]
    assert [row["sid"] for row in rows(ask, "--since", "2026-11-17", "--until", "9999-12-31")] == [
        sid(3),
        sid(2),
        sid(1),
    ]


def test_that_unmatched_leaves_out_what_stands_beside_an_import(ask: Ask) -> None:
    assert [(row["sid"], row["match"]) for row in rows(ask, "--unmatched")] == [(sid(3), None), (sid(2), None)]


def test_that_a_cut_list_says_so(ask: Ask) -> None:
    assert "… and more; see them with --limit, or narrow the list with --since" in ask("--limit", "2")


def test_that_an_empty_list_says_why_it_is_empty(ask: Ask) -> None:
    assert ask("--until", "2020-01-01").startswith("No Twilio call is of these dates: leave out --since and --until")
    assert ask("--unmatched", "--until", "2020-01-01").startswith("No Twilio call is of these dates")
    matched = ask("--unmatched", "--until", "2026-11-17")
    assert matched.startswith("Every Twilio call of these dates is beside an imported one; without --unmatched")


def test_that_where_every_call_is_matched_nobody_is_sent_to_connect_again(desk: Desk, run_on: Ask) -> None:
    assert run_on("--unmatched").startswith("There is no Twilio call here. Start with: capdesk connect twilio")
    now = builders.database_now(desk)
    made = builders.running_experiment(desk, at=now - timedelta(days=1))
    imported(desk, made.campaign, now - timedelta(hours=1), source_id=sid(1))
    told(desk, state(1, LATE))
    assert run_on("--unmatched") == ("Every Twilio call is beside an imported one; without --unmatched you see them.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "soon"), "'soon' is no date"),
        (("--since", "2026-11-19", "--until", "2026-11-18"), "exchange them"),
    ],
)
def test_that_dates_that_cannot_be_understood_are_refused(ask: Ask, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageRefused, match=words):
        ask(*arguments)
