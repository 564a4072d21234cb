"""Provider charges reach campaigns by mapping, and every micro-dollar is in exactly one place."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from capdesk.bootstrap import Desk
from capdesk.errors import CapdeskError, NotFound, RuleRefused, UsageRefused
from capdesk.services.database.embedded import Lease
from capdesk.services.mapping import Mapped, Source, map_source, mappings
from tests.support import builders
from tests.support.facts import Facts, fresh_desk

AC1 = Source("twilio", "AC1")


def mapped(desk: Desk, source: Source, campaign: int | None, admin: int = 1) -> Mapped:
    return desk.write(lambda session: map_source(session, source, campaign, admin))


def ledger(desk: Desk) -> list[tuple[Any, ...]]:
    query = text("SELECT date, campaign_id, experiment_id, cost_usd FROM cost_rollup ORDER BY id")
    return [tuple(row) for row in desk.read(lambda session: session.execute(query).all())]


def utc_day(desk: Desk, days_ago: int) -> date:
    return builders.database_now(desk).astimezone(UTC).date() - timedelta(days=days_ago)


def noon(desk: Desk, days_ago: int) -> datetime:
    return datetime.combine(utc_day(desk, days_ago), time(12), UTC)


# what mapping appends


def test_that_what_is_unmapped_is_in_charges_and_not_in_the_ledger(desk: Desk) -> None:
    Facts(desk).charge(utc_day(desk, 3), "40.00")
    assert ledger(desk) == []
    found = desk.read(mappings)
    assert found.mapped == ()
    [one] = found.unassigned
    assert (one.provider, one.account, one.first_day) == ("twilio", "AC1", utc_day(desk, 3))
    assert one.charged_usd == 40


def test_that_mapping_appends_all_past_days_with_the_experiment_that_ran_on_each(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=noon(desk, 4))
    for days in (6, 4, 3):
        Facts(desk).charge(utc_day(desk, days), f"{days}.00")
    done = mapped(desk, AC1, ids.campaign)
    assert ledger(desk) == [
        (utc_day(desk, 6), ids.campaign, None, Decimal("6.000000")),
        (utc_day(desk, 4), ids.campaign, ids.experiment, Decimal("4.000000")),
        (utc_day(desk, 3), ids.campaign, ids.experiment, Decimal("3.000000")),
    ]
    assert (done.rows, done.moved_usd, done.campaign) == (3, {"Spring": Decimal("13.000000")}, "Spring")


def test_that_remapping_appends_minus_where_it_was_and_plus_where_it_belongs(desk: Desk) -> None:
    ids, other = builders.running_experiment(desk, at=noon(desk, 4)), builders.campaign(desk, "Autumn")
    day = utc_day(desk, 3)
    Facts(desk).charge(day, "40.00")
    mapped(desk, AC1, ids.campaign)
    assert mapped(desk, AC1, other).moved_usd == {"Autumn": Decimal("40.000000"), "Spring": Decimal("-40.000000")}
    assert ledger(desk)[1:] == [
        (day, ids.campaign, ids.experiment, Decimal("-40.000000")),
        (day, other, None, Decimal("40.000000")),
    ]
    mapped(desk, AC1, None)
    assert ledger(desk)[3:] == [(day, other, None, Decimal("-40.000000"))]
    assert desk.read(mappings).unassigned[0].charged_usd == 40


def test_that_a_difference_takes_the_experiment_of_the_row_it_answers(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=noon(desk, 9))
    day = utc_day(desk, 8)
    Facts(desk).charge(day, "40.00")
    mapped(desk, AC1, ids.campaign)
    builders.move(desk, ids.experiment, "complete", at=noon(desk, 4))
    Facts(desk).charge(day, "43.10")
    Facts(desk).charge(day, "0.00")
    assert [(row[0], row[2], row[3]) for row in ledger(desk)] == [
        (day, ids.experiment, Decimal("40.000000")),
        (day, ids.experiment, Decimal("3.100000")),
        (day, ids.experiment, Decimal("-43.100000")),
    ]


def test_that_the_most_specific_mapping_wins(desk: Desk) -> None:
    campaigns = [builders.campaign(desk, name) for name in ("By account", "By project", "By label")]
    facts, day = Facts(desk), utc_day(desk, 3)
    facts.charge(day, "1.00", account="B", project="other")
    facts.charge(day, "2.00", account="B", project="p")
    facts.charge(day, "4.00", account="B", project="p", label="campaign=x")
    mapped(desk, Source("gcp", project="p"), campaigns[1])
    mapped(desk, Source("gcp", account="B"), campaigns[0])
    mapped(desk, Source("gcp", label="campaign=x"), campaigns[2])
    amounts = {one.campaign: one.charged_usd for one in desk.read(mappings).mapped}
    assert amounts == {"By account": Decimal(1), "By project": Decimal(2), "By label": Decimal(4)}
    mapped(desk, Source("gcp", label="campaign=x"), None)
    amounts = {one.campaign: one.charged_usd for one in desk.read(mappings).mapped}
    assert amounts == {"By account": Decimal(1), "By project": Decimal(6)}


# what is refused


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (Source("twilio"), "Say which charges of twilio to map, with --account."),
        (Source("gcp", project=" "), "Say which charges of gcp to map, with --project, --label or --account."),
        (Source("gcp", label="roofers"), "'roofers' is no label; write it like campaign=roofers."),
    ],
)
def test_that_a_source_that_names_nothing_is_refused(desk: Desk, source: Source, sentence: str) -> None:
    campaign = builders.campaign(desk)
    with pytest.raises(UsageRefused) as refusal:
        mapped(desk, source, campaign)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("source", "to_spring", "admin", "kind", "sentence"),
    [
        (AC1, True, 1, RuleRefused, 'Charges of twilio account AC1 are mapped to campaign "Spring" already.'),
        (Source("gcp", project="p"), False, 1, NotFound, "There is no mapping of gcp project p: see what is mapped"),
        (Source("twilio", project="p"), True, 1, RuleRefused, "Twilio's charges have neither project nor label"),
        (Source("twilio", "AC2"), True, 99, RuleRefused, "Only an admin may map charges."),
    ],
)
def test_that_the_database_refuses_it(
    desk: Desk, source: Source, to_spring: bool, admin: int, kind: type[CapdeskError], sentence: str
) -> None:
    spring = builders.campaign(desk)
    mapped(desk, AC1, spring)
    with pytest.raises(kind, match=sentence):
        mapped(desk, source, spring if to_spring else None, admin)
    assert len(desk.read(mappings).mapped) == 1


# every micro-dollar is in exactly one place

CAMPAIGNS = ("Spring", "Autumn")
GRAINS = st.sampled_from(
    [
        ("twilio", "AC1", None, None),
        ("twilio", "AC2", None, None),
        ("gcp", "B", "p", None),
        ("gcp", "B", "q", None),
        ("gcp", "B", "p", "k=1"),
        ("gcp", "B", "q", "k=1"),
        ("gcp", "B", None, "k=2"),
    ]
)
CHARGE = st.tuples(st.just("charge"), GRAINS, st.integers(2, 9), st.integers(-(10**9), 10**9))
KEYS = st.sampled_from(
    [
        Source("twilio", "AC1"),
        Source("twilio", "AC2"),
        Source("gcp", "B"),
        Source("gcp", project="p"),
        Source("gcp", label="k=1"),
        Source("gcp", None, "q", "k=1"),
        Source("gcp", "B", "p"),
    ]
)
MAP = st.tuples(st.just("map"), KEYS, st.sampled_from([*CAMPAIGNS, None]))


@given(steps=st.lists(CHARGE | MAP, min_size=1, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_charges_are_the_ledger_plus_what_is_unassigned_after_any_steps(
    server: Lease, tmp_path: Path, steps: list[tuple[Any, ...]]
) -> None:
    with fresh_desk(server, tmp_path) as desk:
        ids = {name: builders.campaign(desk, name) for name in CAMPAIGNS}
        stated: dict[tuple[Any, ...], Decimal] = {}
        keys: dict[Source, str] = {}
        for step in steps:
            if step[0] == "charge":
                _charge(desk, stated, *step[1:])
            elif keys.get(step[1]) != step[2]:
                mapped(desk, step[1], None if step[2] is None else ids[step[2]])
                keys = {key: name for key, name in {**keys, step[1]: step[2]}.items() if name is not None}
            _check(desk, stated, keys)


def _charge(
    desk: Desk,
    stated: dict[tuple[Any, ...], Decimal],
    grain: tuple[str, str, str | None, str | None],
    ago: int,
    micro: int,
) -> None:
    provider, account, project, label = grain
    amount, day = Decimal(micro) / 10**6, utc_day(desk, ago)
    google = {"project": project, "label": label} if provider == "gcp" else {}
    Facts(desk).charge(day, str(amount), account=account, **google)
    stated[*grain, day] = amount


def _check(desk: Desk, stated: dict[tuple[Any, ...], Decimal], keys: dict[Source, str]) -> None:
    meant = dict.fromkeys([*CAMPAIGNS, None], Decimal(0))
    for grain, amount in stated.items():
        meant[_owner(grain, keys)] += amount
    query = "SELECT c.name, sum(r.cost_usd) FROM cost_rollup r JOIN campaign c ON c.id = r.campaign_id GROUP BY 1"
    held = {row[0]: row[1] for row in desk.read(lambda session: session.execute(text(query)).all())}
    assert {name: held.get(name, Decimal(0)) for name in CAMPAIGNS} == {name: meant[name] for name in CAMPAIGNS}
    listed = desk.read(mappings)
    assert sum(one.charged_usd for one in listed.unassigned) == meant[None]
    assert sum(one.charged_usd for one in listed.mapped) == sum(held.values())


def _owner(grain: tuple[Any, ...], keys: dict[Source, str]) -> str | None:
    """The campaign of the mapping that names most: a label before a project before an account."""
    provider, account, project, label, _day = grain
    fits = [
        key
        for key in keys
        if key.provider == provider
        and key.account in (None, account)
        and key.project in (None, project)
        and key.label in (None, label)
    ]
    best = max(fits, key=lambda key: [part is not None for part in (key.label, key.project, key.account)], default=None)
    return None if best is None else keys[best]
