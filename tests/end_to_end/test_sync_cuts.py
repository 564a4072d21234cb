"""A connection cut at any answer of a sync, at many bytes of it: no gap, no double, and one sentence."""

import re

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.sync import SOURCES, SourceName, SyncReport
from tests.support.outside import PLACES, TOKEN, How, Line, Outside, quick_sync
from tests.support.pulled import Pulled


def failure(report: SyncReport) -> str:
    """The one sentence of the one source that failed."""
    (failed,) = [pull for pull in report.pulls if pull.state == "failed"]
    assert re.search(r"(\(.*\)|try again( later)?)\.( \d more of \d accounts failed too\.)?$", failed.detail)
    assert "mistake" not in failed.detail
    assert TOKEN not in repr(report)
    return failed.detail


def recover(desk: Desk, outside: Outside, pulled: Pulled) -> None:
    outside.well()
    assert not quick_sync(desk, since=outside.first).failed
    pulled.after_a_good_sync()


@pytest.mark.parametrize("source", SOURCES)
def test_that_a_cut_at_any_byte_of_any_answer_leaves_no_gap_and_no_double(
    desk: Desk, outside: Outside, pulled: Pulled, source: SourceName
) -> None:
    """Every answer of a first pull and of those after it, at seven places, by FIN and by RST in turn."""
    number, points, ways = 0, 0, ("fin", "rst")
    lines = _lines_of_a_pull(desk, outside, source)
    while number < len(lines):
        for turn, place in enumerate(PLACES):
            outside.move()
            how: How = "fin" if (number + turn) % len(ways) else "rst"
            met = outside.cut(number + 1, lines[number], place, how)
            failure(quick_sync(desk, source, since=outside.first))
            assert met.is_set()
            pulled.after_a_fault()
            points += 1
        number += 1
        if number % 3 == 0:
            recover(desk, outside, pulled)
            lines = _lines_of_a_pull(desk, outside, source)
    assert points >= 7 * 7
    recover(desk, outside, pulled)
    assert not pulled.again().failed


@pytest.mark.parametrize("source", SOURCES)
def test_that_silence_stops_one_source_alone(desk: Desk, outside: Outside, pulled: Pulled, source: SourceName) -> None:
    """At the first and the last of its answers, before their first byte and in the middle."""
    before = {"twilio": 0, "twilio-calls": 1, "gcp": 2}[source]
    lines = [_lines_of_a_pull(desk, outside, one) for one in SOURCES]
    first = sum(map(len, lines[:before])) + 1
    for number, place in ((first, PLACES[0]), (first + len(lines[before]) - 1, PLACES[5])):
        outside.move()
        met = outside.cut(number, lines[before][number - first], place, "hang")
        report = quick_sync(desk, since=outside.first, silence_s=0.6)
        failure(report)
        assert {pull.source: pull.state for pull in report.pulls} == dict.fromkeys(SOURCES, "done") | {source: "failed"}
        assert met.is_set()
        pulled.after_a_fault()
    recover(desk, outside, pulled)


def test_that_an_answer_cut_once_is_asked_for_again_and_nothing_fails(
    desk: Desk, outside: Outside, pulled: Pulled
) -> None:
    recover(desk, outside, pulled)
    for number, line in enumerate(_lines_of_a_pull(desk, outside), 1):
        outside.move()
        met = outside.cut(number, line, PLACES[number % len(PLACES)], "fin")
        assert not quick_sync(desk, since=outside.first, attempts=3).failed
        assert met.is_set()
        pulled.after_a_fault()
    recover(desk, outside, pulled)
    assert not pulled.again().failed


def _lines_of_a_pull(desk: Desk, outside: Outside, *sources: SourceName) -> list[Line]:
    """The answers a pull has just now, which is tried and taken back."""
    outside.well()
    assert not quick_sync(desk, *sources, since=outside.first, dry_run=True).failed
    lines = list(outside.lines)
    outside.well()
    return lines
