"""What every CostSource does, whatever stands behind it: the same tests for a fake and for a real client."""

from datetime import date, timedelta
from typing import Protocol

import pytest

from capdesk.errors import ProviderRefused
from capdesk.services.providers.pull import Account, CostSource, Pull, Span

DAY = date(2026, 11, 18)
SPAN = Span(DAY - timedelta(days=2), DAY)
NONE: frozenset[date] = frozenset()


class World(Protocol):
    """A source and the provider behind it, which may change its mind."""

    account: str
    other: str
    source: CostSource

    def state(self, account: str, day: date, usd: str) -> None: ...
    def forget(self, account: str, day: date) -> None: ...
    def close(self, account: str) -> None: ...
    def refuse(self) -> None: ...


def pulled(world: World, account: str, span: Span = SPAN) -> Pull:
    return world.source.pull(Account(account, account), span, lambda _rows: None)


def amounts(pull: Pull) -> dict[date, str]:
    return {one.usage_date: str(one.amount_usd) for one in pull.statements}


class CostSourceContract:
    """Subclasses bring a fixture `world`, which knows two accounts and no cost."""

    def test_that_a_pull_covers_the_span_of_exactly_the_account_asked(self, world: World) -> None:
        world.state(world.account, DAY, "4.50")
        world.state(world.other, DAY, "2")
        pull = pulled(world, world.account)
        assert pull.accounts == (world.account,)
        assert (pull.first, pull.last, pull.faulty) == (SPAN.first, SPAN.last, NONE)
        assert amounts(pull) == {DAY: "4.500000"}
        assert {(one.provider, one.account) for one in pull.statements} == {(world.source.provider, world.account)}

    def test_that_days_outside_the_span_are_not_stated(self, world: World) -> None:
        for offset in (-3, -2, 0, 1):
            world.state(world.account, DAY + timedelta(days=offset), "1")
        assert set(amounts(pulled(world, world.account))) == {SPAN.first, SPAN.last}

    def test_that_the_same_question_has_the_same_answer(self, world: World) -> None:
        world.state(world.account, DAY, "1.234567")
        assert pulled(world, world.account) == pulled(world, world.account)

    def test_that_a_restated_day_is_stated_as_it_is_now(self, world: World) -> None:
        world.state(world.account, DAY, "40")
        assert amounts(pulled(world, world.account)) == {DAY: "40.000000"}
        world.state(world.account, DAY, "43.10")
        assert amounts(pulled(world, world.account)) == {DAY: "43.100000"}

    def test_that_a_day_of_which_nothing_is_stated_any_more_stays_covered(self, world: World) -> None:
        world.state(world.account, DAY, "40")
        world.forget(world.account, DAY)
        pull = pulled(world, world.account)
        assert pull.statements == ()
        assert (pull.first, pull.last, pull.faulty) == (SPAN.first, SPAN.last, NONE)

    def test_that_a_closed_account_is_marked_and_still_tells_its_days(self, world: World) -> None:
        world.state(world.other, DAY, "2")
        world.close(world.other)
        assert {one.id: one.closed for one in world.source.accounts()} == {world.account: False, world.other: True}
        assert amounts(pulled(world, world.other)) == {DAY: "2.000000"}

    def test_that_progress_is_told_and_stops_the_pull(self, world: World) -> None:
        world.state(world.account, DAY, "4.50")
        told: list[int] = []
        pull = world.source.pull(Account(world.account, ""), SPAN, told.append)
        assert told[-1] == pull.rows == sum(one.records for one in pull.statements)

        def stop(_rows: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            world.source.pull(Account(world.account, ""), SPAN, stop)

    def test_that_a_refusal_is_one_sentence(self, world: World) -> None:
        world.refuse()
        with pytest.raises(ProviderRefused, match=r"^[A-Z][^\n]*\.$"):
            pulled(world, world.account)

    def test_that_looking_back_reaches_ten_days_at_least(self, world: World) -> None:
        assert world.source.look_back(DAY) <= DAY - timedelta(days=10)

    def test_that_what_would_be_asked_is_explained_without_asking(self, world: World) -> None:
        world.refuse()
        (question, *_) = world.source.explain(Account(world.account, ""), SPAN)
        assert all(word in question.asked for word in (world.account, SPAN.first.isoformat(), SPAN.last.isoformat()))
