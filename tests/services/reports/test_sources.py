"""What a weekly report says of costs that were not pulled: they are missing from its figures, and it says so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.services.connections import remove_connection, save_connection
from capdesk.services.database.embedded import Lease
from capdesk.services.dates import Week
from capdesk.services.reports.as_of import resolve_as_of
from capdesk.services.reports.model import SourceStanding
from capdesk.services.reports.render_text import weekly_text
from capdesk.services.reports.summary import complete_lines, lacking_line
from capdesk.services.reports.weekly_report import weekly_report
from tests.services.reports.samples import BEHIND, UP_TO_DATE, quiet, weekly
from tests.support import builders
from tests.support.facts import fresh_desk
from tests.support.pulls import pulled

SID = "AC" + "1" * 32
TABLE = "my-project.billing.export"
DAY = timedelta(days=1)


def connect(desk: Desk, provider: str = "twilio", account: str = SID) -> int:
    return desk.write(lambda session: save_connection(session, provider, account)).id  # type: ignore[arg-type]


def ended(desk: Desk) -> date:
    """The newest usage day that has ended."""
    return builders.database_now(desk).astimezone(UTC).date() - DAY


def past_week(desk: Desk) -> Week:
    """A week that has ended everywhere."""
    return Week.of(ended(desk) - 8 * DAY)


def sources(desk: Desk, week: Week | None = None, as_of: datetime | None = None) -> tuple[SourceStanding, ...]:
    return weekly_report(desk, week or past_week(desk), as_of).sources


def test_that_without_a_connection_nothing_is_said_of_sources(desk: Desk) -> None:
    assert sources(desk) == ()
    assert "pulled" not in weekly_text(quiet())


def test_that_a_week_pulled_to_its_end_lacks_nothing(desk: Desk) -> None:
    connection, last = connect(desk), ended(desk)
    pulled(desk, connection, "twilio", {SID: last})
    assert sources(desk) == (SourceStanding("twilio", SID, last, (), None, connected=True),)


def test_that_days_after_the_last_pull_are_missing_with_the_reason(desk: Desk) -> None:
    connection, week = connect(desk, "gcp", TABLE), past_week(desk)
    pulled(desk, connection, "gcp", {TABLE: week.sunday - 3 * DAY}, first=week.monday)
    pulled(desk, connection, "gcp", {}, error="The role was taken back.")
    late = tuple(week.sunday - n * DAY for n in (2, 1, 0))
    assert sources(desk) == (
        SourceStanding("gcp", TABLE, week.sunday - 3 * DAY, late, "The role was taken back.", connected=True),
    )
    assert sources(desk, Week.of(week.monday - DAY))[0].missing == ()


def test_that_an_account_never_pulled_lacks_the_whole_week(desk: Desk) -> None:
    connection, week = connect(desk), past_week(desk)
    assert (sources(desk)[0].through, len(sources(desk)[0].missing), sources(desk)[0].error) == (None, 7, None)
    pulled(desk, connection, "twilio", {}, error="The token is wrong.")
    assert sources(desk, week)[0].error == "The token is wrong."


def test_that_days_that_have_not_ended_are_not_missing(desk: Desk) -> None:
    connection, last = connect(desk), ended(desk)
    pulled(desk, connection, "twilio", {SID: last})
    assert sources(desk, Week.of(last + DAY))[0].missing == ()


def test_that_a_connection_is_as_complete_as_the_account_furthest_behind(desk: Desk) -> None:
    connection, week = connect(desk), past_week(desk)
    pulled(desk, connection, "twilio", {SID: week.sunday - DAY, "AC2": week.sunday - DAY}, first=week.monday)
    pulled(desk, connection, "twilio", {SID: ended(desk)}, error="AC2: it asks for patience.")
    [one] = sources(desk)
    assert (one.through, one.missing, one.error) == (week.sunday - DAY, (week.sunday,), "AC2: it asks for patience.")


def test_that_an_account_that_is_gone_at_the_provider_holds_nothing_back(desk: Desk) -> None:
    connection, last = connect(desk), ended(desk)
    pulled(desk, connection, "twilio", {SID: last - 30 * DAY, "AC2": last - 30 * DAY})
    pulled(desk, connection, "twilio", {SID: last})
    assert sources(desk)[0].through == last


def test_that_a_day_that_could_not_be_taken_again_is_missing_again(desk: Desk) -> None:
    connection, week = connect(desk), past_week(desk)
    pulled(desk, connection, "twilio", {SID: ended(desk)}, first=week.monday)
    pulled(desk, connection, "twilio", {SID: week.sunday - DAY}, first=week.monday, error="1 day could not be taken.")
    assert sources(desk)[0].missing == (week.sunday,)


def test_that_a_pull_that_never_ended_is_named(desk: Desk) -> None:
    connection = connect(desk)
    pulled(desk, connection, "twilio", {}, ended=False)
    error = sources(desk)[0].error
    assert error is not None
    assert error.startswith("Its pull of 20")
    assert error.endswith("Z has not ended.")


def test_that_calls_say_nothing_of_costs(desk: Desk) -> None:
    connection = connect(desk)
    pulled(desk, connection, "twilio-calls", {SID: ended(desk)})
    assert sources(desk)[0].through is None


def test_that_a_disconnected_account_is_named_while_the_week_has_days_of_it(desk: Desk) -> None:
    connection, week = connect(desk), past_week(desk)
    pulled(desk, connection, "twilio", {SID: week.monday})
    desk.write(lambda session: remove_connection(session, SID))
    report = weekly_report(desk, week)
    assert [(one.through, one.connected, len(one.missing)) for one in report.sources] == [(week.monday, False, 6)]
    assert complete_lines(report)[0].endswith(", then disconnected")
    assert "MISSING" not in weekly_text(report)
    assert sources(desk, Week.of(week.sunday + DAY)) == ()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("twilio", "gcp")),
        st.integers(0, 20),
        st.booleans(),
        st.sampled_from((None, "It asks for patience.")),
    ),
    max_size=5,
)


@given(before=STEPS, after=STEPS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_what_is_pulled_later_changes_nothing_of_a_report_already_made(
    server: Lease,
    tmp_path: Path,
    before: list[tuple[str, int, bool, str | None]],
    after: list[tuple[str, int, bool, str | None]],
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        numbers = {"twilio": connect(desk), "gcp": connect(desk, "gcp", TABLE)}

        def play(steps: list[tuple[str, int, bool, str | None]]) -> None:
            for source, days, brings, error in steps:
                through = {source: ended(desk) - days * DAY} if brings else {}
                pulled(desk, numbers[source], source, through, error=error, ended=days % 7 != 0)

        play(before)
        moment, week = resolve_as_of(desk), past_week(desk)
        then = weekly_report(desk, week, moment)
        play(after)
        connect(desk, "twilio", "AC" + "2" * 32)
        assert weekly_report(desk, week, moment) == then


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            replace(BEHIND, error=None),
            "Google Cloud my-project.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01: NOT pulled since "
            "Thu 19 Nov 2026; the figures below lack Fri, Sat and Sun.",
        ),
        (
            SourceStanding(
                "twilio", SID, None, tuple(date(2026, 11, 16) + n * DAY for n in range(7)), "The token is wrong.", True
            ),
            f"Twilio {SID}: NOT pulled yet; the figures below lack the whole week. The token is wrong.",
        ),
    ],
)
def test_that_what_is_missing_is_said_in_words(source: SourceStanding, said: str) -> None:
    assert lacking_line(source) == said


def test_that_missing_costs_stand_before_the_figures_and_complete_ones_below_them() -> None:
    text = weekly_text(weekly())
    marked, figures, complete = (
        text.index(part) for part in ("COSTS ARE MISSING", "82.7 %", "complete through Sun 22 Nov 2026")
    )
    assert marked < figures < complete
    calm = weekly_text(replace(weekly(), sources=(UP_TO_DATE,)))
    assert "MISSING" not in calm
    assert "complete through Sun 22 Nov 2026" in calm
    assert all(len(line) <= 78 for line in text.splitlines())
