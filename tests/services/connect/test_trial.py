"""Trying an account before anything of it is kept."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.errors import ProviderRefused, ProviderUnavailable
from capdesk.services.clock import FixedClock
from capdesk.services.connect.trial import FirstFigures, try_costs
from capdesk.services.money import money
from capdesk.services.providers.pull import Account, Span
from capdesk.services.providers.pull_fakes import FakeCosts

FIRST, LAST, TODAY = date(2026, 11, 13), date(2026, 11, 19), date(2026, 11, 20)


def figures(source: FakeCosts, clock: FixedClock) -> FirstFigures:
    return try_costs(source, clock).first_figures(lambda _rows: None)


def test_that_a_trial_asks_for_nothing_but_the_accounts_and_the_estimate(clock: FixedClock) -> None:
    source = FakeCosts("gcp", bytes_billed=12_000_000)
    source.account("0123AB-4567CD-89EF01")
    trial = try_costs(source, clock)
    assert (trial.span, trial.bytes) == (Span(FIRST, LAST), 12_000_000)
    assert source.asked == []


def test_that_where_naming_the_accounts_may_cost_it_waits_for_the_first_figures(clock: FixedClock) -> None:
    class Counting(FakeCosts):
        times = 0

        def accounts(self) -> Sequence[Account]:
            self.times += 1
            return super().accounts()

    source = Counting("gcp")
    source.state("B", LAST, "1.00")
    trial = try_costs(source, clock, Account("p.d.t", "p.d.t"))
    assert (trial.accounts, trial.questions[0].asked, source.times) == (
        (), "The cost of p.d.t from 2026-11-13 to 2026-11-19.", 0,
    )  # fmt: skip
    assert [one.account for one in trial.first_figures(lambda _rows: None).accounts] == ["B"]


def test_that_the_first_figures_are_the_last_seven_ended_days_of_each_account(clock: FixedClock) -> None:
    source = FakeCosts()
    source.account("AC1", "Olga")
    source.account("AC2", "Closed", closed=True)
    source.state("AC1", FIRST, "40.00")
    source.state("AC1", LAST, "2.50")
    source.state("AC2", LAST, "1.25")
    source.state("AC2", TODAY, "9.99")
    shown = figures(source, clock)
    assert [(one.account, one.name, one.closed, one.total_usd) for one in shown.accounts] == [
        ("AC1", "Olga", False, Decimal("42.500000")),
        ("AC2", "Closed", True, Decimal("1.250000")),
    ]
    assert list(shown.accounts[0].days.items())[:2] == [(FIRST, Decimal("40.000000")), (date(2026, 11, 14), Decimal(0))]
    assert (shown.first_day, shown.last_day, shown.total_usd, shown.rows) == (FIRST, LAST, Decimal("43.750000"), 3)


def test_that_of_google_what_a_mapping_can_tell_apart_is_summed_dearest_first(clock: FixedClock) -> None:
    source = FakeCosts("gcp", bytes_billed=10_485_760)
    for day, usd in ((FIRST, "1.00"), (LAST, "2.00")):
        source.state("B", day, usd, project="dialer", service="S1", breakdown={"service": "Compute Engine"})
    source.state("B", LAST, "7.00", project="web", service="S2", label="campaign=spring", breakdown={"service": ""})
    source.state("B", LAST, "0.30", project=None, service="S3")
    shown = figures(source, clock)
    assert [(one.project, one.label, one.service, one.usd) for one in shown.owners] == [
        ("web", "campaign=spring", "S2", Decimal("7.000000")),
        ("dialer", None, "Compute Engine", Decimal("3.000000")),
        (None, None, "S3", Decimal("0.300000")),
    ]
    assert shown.bytes_billed == 10_485_760


def test_that_a_day_that_cannot_be_taken_is_shown_as_unknown_and_said(clock: FixedClock) -> None:
    source = FakeCosts(faulty={("AC1", LAST): "The day 2026-11-19 has no total."})
    source.state("AC1", LAST, "1.00")
    shown = figures(source, clock)
    assert (shown.accounts[0].days[LAST], shown.warnings) == (None, ("The day 2026-11-19 has no total.",))


def test_that_an_account_that_refuses_beside_others_is_a_warning(clock: FixedClock) -> None:
    source = FakeCosts(failures={"AC2": ProviderRefused("Account AC2 is closed.")})
    source.state("AC1", LAST, "1.00")
    source.account("AC2")
    shown = figures(source, clock)
    assert ([one.account for one in shown.accounts], shown.warnings) == (["AC1"], ("Account AC2 is closed.",))


@pytest.mark.parametrize("error", [ProviderRefused("The token is wrong."), ProviderUnavailable("No way there.")])
def test_that_where_nothing_answers_the_sentence_of_the_source_is_told(clock: FixedClock, error: Exception) -> None:
    source = FakeCosts(failures={"AC1": error})
    source.account("AC1")
    with pytest.raises(type(error), match=str(error)):
        figures(source, clock)


def test_that_a_connection_without_any_account_is_refused(clock: FixedClock) -> None:
    with pytest.raises(ProviderRefused, match="no account at all"):
        try_costs(FakeCosts(), clock)


def test_that_progress_counts_the_rows_of_all_accounts(clock: FixedClock) -> None:
    source, seen = FakeCosts(), list[int]()
    for account in ("AC1", "AC2", "AC3"):
        source.state(account, LAST, "1.00")
    try_costs(source, clock).first_figures(seen.append)
    assert seen == [1, 2, 3]


cents = st.decimals("-50", "50", places=6)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(10, 21), st.sampled_from([None, "p", "q"]), cents)))
def test_that_what_is_shown_adds_up(stated: list[tuple[str, int, str | None, Decimal]]) -> None:
    clock, source = FixedClock(datetime(2026, 11, 20, 0, 0, 1, tzinfo=UTC)), FakeCosts("gcp")
    source.account("A")
    held: dict[tuple[str, int, str | None], Decimal] = {}
    for account, day, project, usd in stated:
        source.state(account, date(2026, 11, day), usd, project=project)
        held[account, day, project] = money(usd)
    shown = figures(source, clock)
    wanted = sum((usd for (_, day, _), usd in held.items() if 13 <= day <= 19), Decimal(0))
    assert shown.total_usd == wanted
    assert sum((one.usd for one in shown.owners), Decimal(0)) == wanted
    assert sum((one.total_usd for one in shown.accounts), Decimal(0)) == wanted
