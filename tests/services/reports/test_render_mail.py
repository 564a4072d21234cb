"""The letters: a subject that says what matters, and both parts."""

from dataclasses import replace
from decimal import Decimal

from capdesk.services.reports.alert import Alert
from capdesk.services.reports.render_mail import render_alert, weekly_letter, weekly_subject
from capdesk.services.reports.render_text import weekly_text
from tests.services.reports.samples import AS_OF, HOSTILE, TIME_80, UP_TO_DATE, ZONE, hostile, quiet, row, weekly

ALERT = Alert(
    campaign="Roofers Q4",
    experiment="Long script",
    sentence="90 % of the capital cap is spent ($900.00 of $1,000.00).",
    spent_usd=Decimal("900.000000"),
    cap_usd=Decimal("1000.000000"),
    used_days=12,
    cap_days=30,
    as_of=AS_OF,
    zone=ZONE,
)


def test_that_the_weekly_subject_says_how_many_verdicts_are_due_and_the_whole_weeks_spend() -> None:
    whole = replace(weekly(), sources=(UP_TO_DATE,))
    assert weekly_subject(whole) == "capdesk 2026-W47: verdict due on 2 of 4 experiments, $444.75 spent"


def test_that_the_weekly_subject_says_where_costs_are_missing() -> None:
    assert weekly_subject(weekly()).endswith("$444.75 spent, costs are missing")


def test_that_the_weekly_subject_is_right_for_one_for_none_and_for_nothing() -> None:
    one = replace(weekly(), rows=(row(reasons=(TIME_80,)),))
    assert "verdict due on 1 of 1 experiment, " in weekly_subject(one)
    none = replace(weekly(), rows=(row(reasons=()),))
    assert "2026-W47: no verdict due, " in weekly_subject(none)
    assert weekly_subject(quiet()) == "capdesk 2026-W47: no experiment was active, $0.00 spent"


def test_that_the_letter_carries_the_same_report_as_text_and_as_html() -> None:
    letter = weekly_letter(weekly())
    assert letter.text == weekly_text(weekly())
    assert "Verdict due on 2 of 4 experiments" in letter.html


def test_that_an_alert_says_its_sentence_in_subject_text_and_html() -> None:
    letter = render_alert(ALERT)
    assert letter.subject == f"capdesk alert: Long script: {ALERT.sentence}"
    assert letter.text.splitlines()[0] == ALERT.sentence
    for part in (letter.text, letter.html):
        assert "$900.00 of $1,000.00 (90 %)" in part
        assert "12 of 30 days used" in part
        assert "Nothing was paused or stopped" in part
        assert "As of 2026-11-23T12:00:00.123456Z, Mon 23 Nov 2026 07:00 (America/New_York)" in part


def test_that_hostile_names_leave_one_short_subject_line() -> None:
    subject = render_alert(replace(ALERT, experiment=HOSTILE, campaign=HOSTILE)).subject
    assert subject.isprintable()
    assert len(subject) <= 200
    assert subject.endswith(ALERT.sentence)
    assert weekly_subject(hostile()).isprintable()
