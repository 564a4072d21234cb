"""Filtering, sorting and paging by the database equal what a plain Python filter, sort and slice would give."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.dates import business_date
from capdesk.services.listings import read
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask, Column, Listing, Via
from tests.services.listings.test_lists import counted, everything, sorted_by

Record = dict[str, Any]
Holds = Callable[[Record], bool]

KINDS = ("in force", "paid_up", "over")
COLUMNS = (
    Column("id", "No.", "id", "t.id", nullable=False),
    Column("name", "Name", "text", "t.name"),
    Column("place", "Place", "text", "p.place", via=(Via("t.place_id", "place v", "v.id", "v.place"),)),
    Column("kind", "Kind", "choice", "t.kind", KINDS, order=f"array_position(ARRAY{list(KINDS)}, t.kind)"),
    Column("amount", "Amount", "money", "t.amount"),
    Column("number", "Number", "number", "t.number"),
    Column("day", "Day", "date", "t.day"),
    Column("at", "At", "moment", "t.at"),
    Column("open", "Open", "flag", "t.open", nullable=False),
)
RECORDS = Listing("records", "Records", COLUMNS, "t LEFT JOIN place p ON p.id = t.place_id", "t.id", "day")
TABLES = (
    "CREATE TEMP TABLE place (id bigint PRIMARY KEY, place text) ON COMMIT DROP",
    "CREATE TEMP TABLE t (id bigint PRIMARY KEY, name text, place_id bigint, kind text, amount numeric(14,6),"
    " number bigint, day date, at timestamptz, open boolean) ON COMMIT DROP",
)
PLACES = ["Köln", "köln", "a%b", "", "New York"]

texts = st.text("aAbBéÉ%_\\'\" -:", max_size=5)
amounts = st.decimals(-3, 3, places=6) | st.sampled_from([Decimal("1.235"), Decimal("1.225"), Decimal("1.2")])
days = st.dates(date(2026, 2, 25), date(2026, 3, 12))
moments = st.integers(0, 4 * 86_400).map(lambda seconds: datetime(2026, 3, 6, tzinfo=UTC) + timedelta(seconds=seconds))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


records = st.fixed_dictionaries(
    {
        "name": maybe(texts),
        "place": maybe(st.sampled_from(PLACES)),
        "kind": maybe(st.sampled_from(KINDS)),
        "amount": maybe(amounts),
        "number": maybe(st.integers(-3, 9)),
        "day": maybe(days),
        "at": maybe(moments),
        "open": st.booleans(),
    }
)


@dataclass(frozen=True)
class Typed:
    """A word of a filter, and what it should mean."""

    word: str
    holds: Holds

    def __repr__(self) -> str:
        return self.word


def quoted(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


def has(key: str, part: str) -> Holds:
    return lambda record: record[key] is not None and part.lower() in record[key].lower()


def where(key: str, test: Callable[[Any], bool]) -> Holds:
    return lambda record: record[key] is not None and test(record[key])


def anywhere(part: str) -> Typed:
    word = " ".join(part.lower().replace("_", " ").replace("-", " ").split())
    named = where("kind", lambda kind: word in kind.replace("_", " "))
    return Typed(quoted(part), lambda one: has("name", part)(one) or has("place", part)(one) or named(one))


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}


def compared(key: str, sign: str, value: Any) -> Typed:
    return Typed(f"{key}{sign}{value}", where(key, lambda one: SIGNS[sign](one, value)))


def between(key: str, ends: tuple[Any, Any]) -> Typed:
    low, high = min(ends), max(ends)
    return Typed(f"{key}:{low}..{high}", where(key, lambda one: low <= one <= high))


def shown(value: Decimal) -> Typed:
    half = Decimal("0.005")
    return Typed(f"amount:{value}", where("amount", lambda one: value - half <= one <= value + half))


def at_day(desk: Desk, sign: str, day: date) -> Typed:
    """A moment compared with a day is compared by its business date."""
    test = (lambda one, other: one == other) if sign == ":" else SIGNS[sign]
    return Typed(f"at{sign}{day}", where("at", lambda one: test(business_date(one, desk.zone), day)))


def filters(desk: Desk) -> st.SearchStrategy[list[Typed]]:
    parts, signs = texts.filter(bool), st.sampled_from(sorted(SIGNS))
    one = st.one_of(
        parts.map(anywhere),
        st.builds(
            lambda key, part: Typed(f"{key}:{quoted(part)}", has(key, part)), st.sampled_from(["name", "place"]), parts
        ),
        parts.map(lambda part: Typed(f"name={quoted(part)}", where("name", lambda one: one.lower() == part.lower()))),
        st.sampled_from(PLACES[:4])
        .filter(bool)
        .map(lambda part: Typed(f"place={quoted(part)}", where("place", lambda one: one.lower() == part.lower()))),
        st.sampled_from(KINDS).map(lambda kind: Typed(f"kind:{kind.replace(' ', '-')}", where("kind", kind.__eq__))),
        st.just(Typed("kind:over,paid-up", where("kind", lambda kind: kind != "in force"))),
        st.builds(compared, st.just("number"), signs, st.integers(-3, 9)),
        st.builds(compared, st.just("amount"), signs, amounts),
        st.builds(compared, st.just("day"), signs, days),
        st.builds(between, st.just("number"), st.tuples(st.integers(-3, 9), st.integers(-3, 9))),
        st.builds(between, st.just("day"), st.tuples(days, days)),
        st.sampled_from(["1.22", "1.23", "1.24", "1.2", "0", "-1"]).map(Decimal).map(shown),
        st.integers(-3, 9).map(lambda value: Typed(f"number:{value}", where("number", value.__eq__))),
        st.builds(at_day, st.just(desk), st.sampled_from([":", *sorted(SIGNS)]), moments.map(datetime.date)),
        st.just(Typed("day:2026-W10", where("day", lambda day: date(2026, 3, 2) <= day <= date(2026, 3, 8)))),
        st.just(Typed("day:2026-02", where("day", lambda day: day.month == 2))),
        st.just(Typed("is:open", lambda record: bool(record["open"]))),
        st.just(Typed("open:no", lambda record: not record["open"])),
        st.sampled_from(["kind", "amount", "number", "day", "at"]).map(
            lambda key: Typed(f"{key}:-", lambda record: record[key] is None)
        ),
        st.sampled_from(["name", "place"]).map(lambda key: Typed(f"no:{key}", lambda record: not record[key])),
        st.sampled_from(["name", "place"]).map(lambda key: Typed(f"has:{key}", lambda record: bool(record[key]))),
    )
    negated = st.builds(
        lambda typed, no: Typed(f"-{typed.word}", lambda one: not typed.holds(one)) if no else typed, one, st.booleans()
    )
    return st.lists(negated, max_size=3)


def fill(session: Session, rows: list[Record]) -> None:
    for statement in TABLES:
        session.execute(text(statement))
    session.execute(
        text("INSERT INTO place VALUES (:id, :place)"), [{"id": at, "place": one} for at, one in enumerate(PLACES)]
    )
    insert = "INSERT INTO t VALUES (:id, :name, :place_id, :kind, :amount, :number, :day, :at, :open)"
    ready = [
        {**row, "id": at, "place_id": None if row["place"] is None else PLACES.index(row["place"])}
        for at, row in enumerate(rows, 1)
    ]
    if ready:
        session.execute(text(insert), ready)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_that_a_filter_an_order_and_pages_give_what_plain_python_gives(crowded: Desk, data: st.DataObject) -> None:
    rows = data.draw(st.lists(records, max_size=12))
    wanted = data.draw(filters(crowded))
    column, descending = data.draw(st.sampled_from(COLUMNS)), data.draw(st.booleans())
    size = data.draw(st.integers(1, 5))
    ask = Ask(" ".join(typed.word for typed in wanted), column.key, descending)

    def look(session: Session) -> None:
        fill(session, rows)
        whole = read.page(session, RECORDS, Ask(order="id", descending=False), 0, 100)
        kept = [found for found, row in zip(whole, rows, strict=True) if all(typed.holds(row) for typed in wanted)]
        expected = sorted_by(column, COLUMNS.index(column), kept, descending)
        total = read.count(session, RECORDS, ask)
        assert total == len(expected)
        for known in (None, total):  # from the front alone, and each half from its end
            offsets = range(0, total + size, size)
            pages = [read.page(session, RECORDS, ask, offset, size, known) for offset in offsets]
            assert [row for page in pages for row in page] == expected

    crowded.read(look)


def test_that_a_filter_of_words_finds_them_in_any_column_and_needs_all_of_them(crowded: Desk) -> None:
    calls = LISTINGS["calls"]
    place = [column.key for column in calls.columns].index("sourceid")
    found = everything(crowded, calls, Ask("ångström schedule"))
    assert [row.values[place] for row in found] == ["c1"]
    assert everything(crowded, calls, Ask("ångström busy")) == []


def test_that_today_and_last_week_are_those_of_the_desk_zone(crowded: Desk) -> None:
    events = LISTINGS["events"]

    def look(session: Session) -> None:
        now = session.scalar(text("SELECT now()"))
        today = business_date(now, crowded.zone)
        monday = today - timedelta(days=today.weekday() + 7)
        for word, first, last in (
            ("today", today, today),
            ("yesterday", today - timedelta(days=1), today - timedelta(days=1)),
            ("last-week", monday, monday + timedelta(days=6)),
            ("this-month", today.replace(day=1), today),
        ):
            wanted = f"when:{first}..{last}"
            assert read.count(session, events, Ask(f"when:{word}")) == read.count(session, events, Ask(wanted))

    crowded.read(look)


def test_that_a_minute_is_one_of_the_desk_zone(crowded: Desk) -> None:
    calls = LISTINGS["calls"]
    row = everything(crowded, calls)[0]
    local = row.values[1].astimezone(crowded.zone)
    assert row in everything(crowded, calls, Ask(f"when:{local:%Y-%m-%dT%H:%M}"))
    assert row not in everything(crowded, calls, Ask(f"when>{local:%Y-%m-%dT%H:%M}"))
    later = datetime.combine(local.date(), time(local.hour, local.minute)) + timedelta(minutes=1)
    assert row in everything(crowded, calls, Ask(f"when<{later:%Y-%m-%dT%H:%M}"))


def test_that_what_was_typed_never_reaches_the_database_as_sql(crowded: Desk) -> None:
    for listing in LISTINGS.values():
        for typed in ("'; DROP TABLE call; --", "%", "_", "\\", ":f0", "a:b'", '"name:x"', "{}", "%(x)s", "$1"):
            assert counted(crowded, listing, f'"{typed.strip(chr(34))}"') >= 0
