"""Every zone, five years: whenever schedulers fire, each week is claimed once, and not before it is due."""

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from capdesk.services.dates import Week, last_daily_moment
from capdesk.services.notifications import due_week
from capdesk.services.notifications.weekly import due_at

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - {"localtime"})
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Times:
    """What the owner set."""

    weekday: int
    weekly: time
    daily: time = time(6)


@dataclass(frozen=True)
class Clocks:
    """Zones whose clocks show the same throughout; `jumps` are when they are set back or forth."""

    zone: ZoneInfo
    names: tuple[str, ...]
    jumps: tuple[datetime, ...]


# The sweep


def test_that_in_every_zone_for_five_years_each_week_is_claimed_once_within_the_hour_it_is_due() -> None:
    swept = 0
    for clocks in distinct_clocks():
        for times in settings_of(clocks):
            for fire in (by_systemd, by_cron):
                claimed = claims(fire(clocks, times), clocks.zone, times)
                check(claimed, clocks, times)
        swept += len(clocks.names)
    assert swept == len(ZONES) > 590


def test_that_each_week_is_claimed_once_though_the_desk_or_the_computer_moves_to_another_zone() -> None:
    """From one zone and time to any other, in the middle of a week; each firing uses what is set by then."""
    rng = random.Random(3)  # noqa: S311 - repeatable on purpose
    for name in ZONES:
        here, there = ZoneInfo(name), ZoneInfo(rng.choice(ZONES))
        before, after = (Times(rng.randint(1, 7), time(rng.randrange(24), rng.randrange(60))) for _ in range(2))
        moves = FIRST + timedelta(days=rng.uniform(30, 1700))
        start, claimed = hour_floor(moves - 10 * DAY), dict[Week, datetime]()
        for step in range(24 * 24):
            minute = before.weekly.minute if step < 250 else rng.choice((0, 15, 30, 45))  # so does the computer
            now = start + step * HOUR + timedelta(minutes=minute)
            zone, times = (here, before) if now < moves else (there, after)
            week = due_week(now, zone, times.weekday, times.weekly)
            if claimed.setdefault(week, now) == now:
                assert due_at(week, zone, times.weekday, times.weekly) <= now
        assert consecutive(claimed), (name, there.key, before, after)


def test_that_in_every_zone_each_day_has_one_daily_moment() -> None:
    for clocks in distinct_clocks():
        for jump in clocks.jumps[-4:] or (FIRST + WEEK,):
            local = jump.astimezone(clocks.zone)
            for at in {time(6), local.time(), (local - timedelta(minutes=20)).time()}:
                found = [last_daily_moment(jump + n * HOUR / 2, clocks.zone, at) for n in range(-120, 120)]
                assert found == sorted(found)
                gaps = {later - earlier for earlier, later in itertools.pairwise(sorted(set(found)))}
                assert min(gaps) >= 21 * HOUR, clocks.names
                assert max(gaps) <= 27 * HOUR, clocks.names


# Asleep


def test_that_after_1_to_60_days_of_sleep_the_newest_due_week_is_sent_once_and_the_others_are_skipped() -> None:
    """600 gaps; what is not the newest due week is never sent, and every week is one or the other."""
    rng = random.Random(2)  # noqa: S311 - repeatable on purpose
    sent, skipped = list[Week](), list[Week]()
    zone, times, now = ZoneInfo("America/New_York"), Times(7, time(2, 30)), FIRST
    sent.append(due_week(now, zone, times.weekday, times.weekly))
    for _ in range(600):
        now += timedelta(days=rng.uniform(1, 60))
        week = due_week(now, zone, times.weekday, times.weekly)
        assert due_at(week, zone, times.weekday, times.weekly) <= now
        assert now < due_at(following(week), zone, times.weekday, times.weekly)
        if week > sent[-1]:
            skipped += between(sent[-1], week)
            sent.append(week)
    known = sorted(sent + skipped)
    assert len(set(known)) == len(known)
    assert known == [known[0], *between(known[0], known[-1]), known[-1]]


# Firing as schedulers do


def by_systemd(clocks: Clocks, times: Times) -> Iterator[datetime]:
    """A line for each time in the desk zone and one each hour in UTC, as `render_systemd` writes them."""
    for day in days_that_matter(clocks, times):
        yield from shown(day, times.daily, clocks.zone)
        if day.isoweekday() == times.weekday:
            yield from shown(day, times.weekly, clocks.zone)
    yield from hourly(clocks, times, timedelta(minutes=times.weekly.minute))


def by_cron(clocks: Clocks, times: Times) -> Iterator[datetime]:
    """Each hour at the weekly minute of a computer whose zone is off by 45 minutes."""
    return hourly(clocks, times, timedelta(minutes=(times.weekly.minute + 45) % 60))


def hourly(clocks: Clocks, times: Times, minute: timedelta) -> Iterator[datetime]:
    """All firings of the days around a jump; of other weeks those next to the due moment and some in between."""
    for jump in clocks.jumps:
        yield from (hour_floor(jump) + n * HOUR + minute for n in range(-40, 40))
    for week in all_weeks():
        due = hour_floor(due_at(week, clocks.zone, times.weekday, times.weekly)) + minute
        yield from (due - 2 * HOUR, due - HOUR, due, due + HOUR, due + 3 * DAY)


def shown(day: date, at: time, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks show that time of the day: not at all where they skip it, and twice where they repeat it."""
    for fold in (0, 1):
        moment = datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
        back = moment.astimezone(zone)
        if (back.date(), back.time(), back.fold) == (day, at, fold):
            yield moment


def days_that_matter(clocks: Clocks, times: Times) -> Iterator[date]:
    """Each week's due day, and the days around a jump."""
    for week in all_weeks():
        yield week.sunday + timedelta(days=times.weekday)
    for jump in clocks.jumps:
        yield from ((jump + n * DAY).date() for n in range(-2, 3))


# What it must come to


def claims(firings: Iterable[datetime], zone: ZoneInfo, times: Times) -> dict[Week, datetime]:
    """The first firing that found each week due: it takes it, and every later one finds it taken."""
    claimed: dict[Week, datetime] = {}
    for now in sorted(set(firings)):
        claimed.setdefault(due_week(now, zone, times.weekday, times.weekly), now)
    return claimed


def check(claimed: dict[Week, datetime], clocks: Clocks, times: Times) -> None:
    assert consecutive(claimed), (clocks.names, times)
    weeks = sorted(claimed)[1:]  # the first one was due before the sweep began
    assert weeks == list(all_weeks()), (clocks.names, times)
    for week in weeks:
        late = claimed[week] - due_at(week, clocks.zone, times.weekday, times.weekly)
        assert timedelta(0) <= late < HOUR, (clocks.names, times, week)


def consecutive(claimed: dict[Week, datetime]) -> bool:
    """No week left out, each claimed later than the one before."""
    weeks, moments = list(claimed), list(claimed.values())
    return weeks == [weeks[0], *between(weeks[0], weeks[-1]), weeks[-1]] and moments == sorted(moments)


def following(week: Week) -> Week:
    return Week.of(week.sunday + DAY)


def between(first: Week, last: Week) -> list[Week]:
    count = (last.monday - first.monday).days // 7
    return [Week.of(first.monday + n * WEEK) for n in range(1, count)]


@cache
def all_weeks() -> tuple[Week, ...]:
    return tuple(between(Week.of(FIRST.date()), Week.of(LAST.date())))


# Zones and their jumps


@cache
def distinct_clocks() -> tuple[Clocks, ...]:
    """Many names stand for the same clocks: those are swept once."""
    found: dict[tuple[object, ...], tuple[tuple[str, ...], tuple[datetime, ...]]] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        jumps = tuple(jumps_of(zone))
        key = (FIRST.astimezone(zone).utcoffset(), *((jump, jump.astimezone(zone).utcoffset()) for jump in jumps))
        names, _ = found.get(key, ((), ()))
        found[key] = ((*names, name), jumps)
    return tuple(Clocks(ZoneInfo(names[0]), names, jumps) for names, jumps in found.values())


def jumps_of(zone: ZoneInfo) -> Iterator[datetime]:
    day, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while day < LAST:
        following_day = day + DAY
        after = following_day.astimezone(zone).utcoffset()
        if after != offset:
            yield first_with(zone, day, following_day)
        day, offset = following_day, after


def first_with(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The minute at which the offset becomes that of `high`."""
    offset = high.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, high)
    return high.replace(second=0, microsecond=0)


def settings_of(clocks: Clocks) -> list[Times]:
    """The usual time; and where clocks jump, times of day and weekdays that they skip or show twice."""
    found = {Times(1, time(7, 30))}
    for jump in clocks.jumps[-2:]:
        before, after = (jump - timedelta(minutes=1)).astimezone(clocks.zone), jump.astimezone(clocks.zone)
        inside = min(before, after, key=lambda local: local.replace(tzinfo=None)) + timedelta(minutes=20)
        wall = inside.time().replace(second=0)
        found.add(Times(jump.astimezone(clocks.zone).isoweekday(), wall, daily=wall))
    return sorted(found, key=lambda times: (times.weekday, times.weekly))


def hour_floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
