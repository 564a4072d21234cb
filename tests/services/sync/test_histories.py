"""Whatever a provider restates, leaves out or refuses over several pulls: the ledger says what it says now."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.connections import remove_connection
from capdesk.services.sync import AccountPull
from tests.services.sync.pulling import DAY, REFUSED, Fakes, connect, differences, recorded, rows, through
from tests.support import builders
from tests.support.facts import Facts

LOOK_BACK = 4
_numbers = itertools.count(1)

usd = st.decimals(Decimal(-5), Decimal(60), places=6)
grains = st.dictionaries(st.sampled_from(["a", "b"]), usd, max_size=2)


@dataclass(frozen=True)
class Round:
    """Days later, restated days (newest 0), accounts that refuse, and days that cannot be taken."""

    days_later: int
    stated: dict[tuple[int, int], dict[str, Decimal]]
    refused: set[int]
    faulty: set[tuple[int, int]]


cells = st.tuples(st.integers(0, 1), st.integers(0, LOOK_BACK - 1))
history = st.lists(
    st.builds(
        Round,
        st.sampled_from([0, 1, LOOK_BACK + 1]),
        st.dictionaries(cells, grains, max_size=6),
        st.sets(st.integers(0, 1), max_size=1),
        st.sets(cells, max_size=2),
    ),
    min_size=2,
    max_size=5,
)

RESTATED_WHILE_NOBODY_ASKED = [
    Round(0, {(0, 0): {"a": Decimal(40)}}, set(), set()),
    Round(1, {(0, 1): {"a": Decimal("43.10")}}, {0}, set()),
    Round(LOOK_BACK + 1, {}, set(), set()),
]
"""When it is asked again, the restated day lies further back than a provider restates on that day."""


def untouched(desk: Desk, upto: dict[str, int]) -> list[object]:
    """A hash of the rows there were, of each table a pull appends to."""
    digest = "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {} t WHERE id <= {}"
    return [rows(desk, digest.format(table, last)) for table, last in upto.items()]


def newest(desk: Desk) -> dict[str, int]:
    tables = ("provider_charge", "cost_rollup", "import_batch", "sync_step", "sync_outcome")
    return {table: rows(desk, f"SELECT coalesce(max(id), 0) FROM {table}")[0][0] for table in tables}


def restate(fakes: Fakes, account: str, day: date, cell: dict[str, Decimal]) -> None:
    fakes.gcp.forget(account, day)
    for project, amount in cell.items():
        fakes.gcp.state(account, day, amount, project=project, invoice_month=f"{day:%Y%m}")


def check(fakes: Fakes, desk: Desk, account: AccountPull, days: list[date]) -> None:
    """Of an account that answered: what is recorded is what it says now, but for days that could not be taken."""
    faulty = {day for name, day in fakes.gcp.faulty if name == account.account}
    now = recorded(desk)
    for day in days:
        said = sum((one.amount_usd for one in fakes.gcp._days.get((account.account, day), {}).values()), Decimal(0))
        assert day in faulty or now.get((account.account, day), 0) == said
    mark = through(desk, account.account, "gcp")
    assert mark == (min(faulty) - DAY if faulty else days[-1])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=history)
@example(history=RESTATED_WHILE_NOBODY_ASKED)
def test_that_the_ledger_says_what_the_provider_says_now(desk: Desk, history: list[Round]) -> None:
    number = next(_numbers)
    table = connect(desk, "gcp", f"shop.billing.export_{number}")
    accounts = [f"B{number}-{n}" for n in (0, 1)]
    Facts(desk).map("gcp", builders.campaign(desk), account=accounts[0])
    fakes, now = Fakes(), builders.database_now(desk) - timedelta(days=40)
    fakes.gcp.look_back_days = LOOK_BACK
    first = now.date() - LOOK_BACK * DAY
    for account in accounts:
        fakes.gcp.account(account)
    for number, step in enumerate(history):
        now += timedelta(days=step.days_later)
        desk.clock, last = FixedClock(now), now.date() - DAY
        for (index, back), cell in step.stated.items():
            restate(fakes, accounts[index], last - back * DAY, cell)
        fakes.gcp.failures = {accounts[index]: REFUSED for index in step.refused}
        fakes.gcp.faulty = {(accounts[index], last - back * DAY): "No number." for index, back in step.faulty}
        before, upto = recorded(desk), newest(desk)
        kept = untouched(desk, upto)
        (pull,) = fakes.sync(desk, since=None if number else first).pulls
        assert untouched(desk, upto) == kept
        assert pull.state == ("failed" if step.refused or step.faulty else "done")
        for told in pull.accounts:
            if told.account in fakes.gcp.failures:
                assert {k: v for k, v in recorded(desk).items() if k[0] == told.account} == {
                    k: v for k, v in before.items() if k[0] == told.account
                }
            else:
                check(fakes, desk, told, [first + n * DAY for n in range((last - first).days + 1)])
    desk.write(lambda session: remove_connection(session, table.account))
    assert differences(desk) == ()
