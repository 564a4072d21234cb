"""Reports for a terminal: what is read first, what is said, and that nothing breaks the lines."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.services.reports.layout import wrapped
from capdesk.services.reports.model import Pace, Reason
from capdesk.services.reports.render_text import experiment_text, weekly_text
from capdesk.services.reports.wording import (
    clipped,
    columns,
    counted,
    listed,
    named,
    one_line,
    percent,
    tranches,
)
from tests.services.reports.samples import AS_OF, SEAL, experiment, hostile, many_late, quiet, row, weekly


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_that_the_first_thing_said_is_which_experiments_need_a_verdict() -> None:
    lines = weekly_text(weekly()).splitlines()
    assert lines[0] == "capdesk weekly report 2026-W47"
    assert lines[4:7] == [
        "VERDICT DUE ON 2 OF 4 EXPERIMENTS",
        "  - Roofers Q4 / Long script",
        "  - Solar spring / Morning calls",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "Mon 16 Nov 2026 to Sun 22 Nov 2026",
        "as of Mon 23 Nov 2026 07:00 (America/New_York)",
        "running; 82.7 % of the $1,500.00 cap spent, 2.4 of 3 tranches",
        "planned; 0 % of the $1,500.00 cap spent, 0 of 3 tranches",
        "18 of 30 days used",
        "not started, time cap 30 days",
        "week $310.25 12 1 1",
        "total $1,240.55 112 33 11",
        "Evaluation recommended: yes - Tranche 2 is complete ($1,240.55 spent, $500.00 each).",
        "Evaluation recommended: no",
        "experiments above $352.25 $3,721.65",
        "campaign overhead $80.00 $960.00",
        "unassigned spend $12.50 $44.00",
        "together $444.75 $4,725.65",
        "$61.20 is provisional: the provider may still restate it.",
        "dated before it): 3 lines, costs +$2.68, 2 events",
        "2026-11-12 Long script twilio +$3.10",
        "2026-11-11 no experiment gcp -$0.42",
        "2026-11-14 Long script paid_conversion +2",
        "No email was sent for 2026-W45 and 2026-W46;",
    ],
)
def test_that_every_item_of_the_weekly_report_is_said(said: str) -> None:
    assert said in squeezed(weekly_text(weekly()))


def test_that_the_seal_is_the_last_line_and_the_exact_moment_stands_before_it() -> None:
    assert weekly_text(weekly()).splitlines()[-2:] == ["As of 2026-11-23T12:00:00.123456Z", f"Seal {SEAL}"]


def test_that_an_empty_desk_is_said_calmly() -> None:
    text = weekly_text(quiet())
    assert "NO EXPERIMENT WAS ACTIVE" in text
    assert "dated before it): nothing" in text
    assert "No cost in this report is provisional." in text
    assert text.endswith("Seal —\n")


def test_that_no_verdict_due_is_said_in_so_many_words() -> None:
    assert "NO VERDICT DUE" in weekly_text(replace(weekly(), rows=(row(reasons=()),)))


def test_that_many_late_facts_are_cut_after_twenty_with_exact_sums() -> None:
    text = squeezed(weekly_text(many_late(51)))
    assert "dated before it): 51 lines, costs +$45.56, 34 events" in text
    assert "and 31 more: costs +$26.80, 22 events" in text
    assert text.count("2026-11-1") == 20


def test_that_twenty_one_late_facts_are_all_shown() -> None:
    assert "more:" not in weekly_text(many_late(21))


@pytest.mark.parametrize(
    "said",
    [
        "Roofers Q4 / Long script experiment 7, running",
        "Capital $1,240.55 of $1,500.00, 82.7 % labor $960.00 bonus $110.00 twilio $170.55 gcp $0.00",
        "Tranches 2.4 of 3 tranches of $500.00 each",
        "Time 18 of 30 days used",
        "Pace $44.32 a day; the cap is reached on 28 Nov 2026 at this pace (estimate)",
        "Events paid_conversion 11 primary success event calculator_installed 33 secondary success event",
        "dial_attempt 2,340",
        "1 4 Nov 2026 9 Nov 2026 $1,020.00 80 20 7 2 — — $0.00 0 0 0",
        "Hypothesis: A longer opening earns",
        "As of 2026-11-23T12:00:00.123456Z",
    ],
)
def test_that_every_item_of_the_experiment_report_is_said(said: str) -> None:
    assert said in squeezed(experiment_text(experiment()))


def test_that_a_planned_experiment_has_no_pace_and_no_tranches() -> None:
    report = replace(experiment(), pace=Pace(None, None), tranches=(), used_days=None)
    text = squeezed(experiment_text(report))
    assert "Pace — (no complete day yet) (estimate)" in text
    assert "Tranches: nothing spent yet" in text
    assert "Time not started, time cap 30 days" in text


def test_that_a_pace_of_nothing_reaches_no_cap() -> None:
    report = replace(experiment(), pace=Pace(Decimal("0.000000"), None))
    assert "$0.00 a day; the cap is not reached at this pace" in squeezed(experiment_text(report))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_that_no_name_or_reason_breaks_the_lines(name: str, reason: str) -> None:
    clean = weekly_text(replace(weekly(), rows=(row(),)))
    text = weekly_text(replace(weekly(), rows=(row(name, name, reasons=(Reason("ended", reason),)),)))
    assert max(columns(line) for line in text.splitlines()) <= 100
    assert abs(len(text.split("\n")) - len(clean.split("\n"))) < 14
    assert all(char.isprintable() or char in "\n\u2068\u2069" or ord(char) > 126 for char in text)


def test_that_hostile_names_stay_on_their_line() -> None:
    text = weekly_text(hostile())
    assert max(columns(line) for line in text.splitlines()) <= 100
    assert "\u202e" not in text
    assert not any(line.startswith("Bcc:") for line in text.splitlines())


def test_that_a_name_from_right_to_left_is_fenced_so_that_figures_stay_in_place() -> None:
    assert named("שלום", 20) == "\u2068שלום\u2069"
    assert named("Roofers", 20) == "Roofers"


@given(st.text(max_size=80), st.integers(1, 40))
def test_that_a_clipped_name_is_one_line_of_at_most_the_width(name: str, width: int) -> None:
    short = clipped(name, width)
    assert columns(short) <= width
    assert short == one_line(short)
    assert short == one_line(name) or short.endswith("…")


@given(st.text(max_size=200), st.integers(12, 60))
def test_that_wrapping_loses_no_letter(text: str, width: int) -> None:
    lines = wrapped(text, "  - ", "    ", width)
    assert max(columns(line) for line in lines) <= width
    kept = "".join(lines).removeprefix("  - ").replace(" ", "")
    assert lines == ["  -"] or kept == one_line(text).replace(" ", "")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [("79.99", "100", "79.9 %"), ("80", "100", "80 %"), ("1120", "1000", "112 %"),
     ("-1", "3", "-33.4 %"), ("1", "0", "—")],
)  # fmt: skip
def test_that_a_percentage_is_never_rounded_up_to_a_threshold(part: str, whole: str, said: str) -> None:
    assert percent(Decimal(part), Decimal(whole)) == said


def test_that_a_tranche_is_not_called_complete_before_it_is() -> None:
    assert tranches(Decimal("1.9999"), Decimal("5.0000")) == "1.9 of 5 tranches"
    assert tranches(Decimal("0.5000"), Decimal("1.0000")) == "0.5 of 1 tranche"
    assert tranches(Decimal("2.4000"), Decimal("2.5000")) == "2.4 of 2.5 tranches"


def test_that_one_is_singular() -> None:
    assert [counted(n, "day") for n in (0, 1, -1, 1234)] == ["0 days", "1 day", "-1 day", "1,234 days"]
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]


def test_that_the_same_report_is_the_same_text() -> None:
    assert weekly_text(weekly()) == weekly_text(replace(weekly(), as_of=AS_OF))
