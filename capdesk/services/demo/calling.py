"""What the demo's callers did: the leads they called, each call, and what came of the appointments."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from capdesk.services.demo.plan import DemoStory, Experiment, dice
from capdesk.services.providers.local.twilio_records import made_sid

OPEN, CLOSE, LUNCH, AFTER_LUNCH = time(9), time(16, 50), time(12), time(12, 30)
_LEADS = {"roofers": 5200, "solar": 4600, "comfort": 2700}
_AREAS = {
    "roofers": (
        ("201", "Hackensack"),
        ("732", "Edison"),
        ("908", "Elizabeth"),
        ("914", "Yonkers"),
        ("516", "Hempstead"),
    ),
    "solar": (("305", "Miami"), ("407", "Orlando"), ("727", "Clearwater"), ("813", "Tampa"), ("904", "Jacksonville")),
    "comfort": (("216", "Cleveland"), ("330", "Akron"), ("513", "Cincinnati"), ("614", "Columbus"), ("937", "Dayton")),
}
# The exchanges kept for testing lines: valid in form, and nobody's phone.
_EXCHANGES = ("958", "959")
_TRADE = {"roofers": "Roofing", "solar": "Solar", "comfort": "Heating & Cooling"}
_FIRST = (
    "Alice Brian Carla Derek Elena Frank Grace Hugo Irene James Karen Luis Mona Nate Olga Paul Rita Sam Tina Victor"
)
_LAST = "Adler Bauer Castro Dunn Egan Flores Greer Hobbs Ivers Jansen Keller Lowe Mercer Nolan Ortega Pratt Quinn Rossi"

# Of 250 calls; appointments are added by experiment and taken from those nobody answered.
_OUTCOMES = {"No Answer": 145, "Busy": 18, "Wrong #": 9, "Not Interested": 45, "Callback": 18, "Info": 15}
_SECONDS = {
    "No Answer": (14, 36),
    "Busy": (3, 9),
    "Wrong #": (11, 45),
    "Not Interested": (18, 140),
    "Callback": (40, 260),
    "Info": (90, 420),
    "Schedule": (200, 720),
}
_FINAL = frozenset({"Wrong #", "Not Interested", "Schedule"})


@dataclass(frozen=True)
class Lead:
    name: str
    phone: str
    email: str
    company: str
    city: str


@dataclass(frozen=True)
class Call:
    """`started_at` in the desk zone."""

    call_id: str
    started_at: datetime
    seconds: int
    outcome: str
    lead: Lead
    email: str


@dataclass(frozen=True)
class Event:
    event_type: str
    at: datetime
    email: str
    lead: Lead
    metadata: dict[str, str]


def leads_of(campaign: str, seed: int) -> list[Lead]:
    """Invented companies with numbers that are valid in form and belong to nobody."""
    rolls = dice(seed, campaign, "leads")
    firsts, lasts, areas = _FIRST.split(), _LAST.split(), _AREAS[campaign]
    numbers = rolls.sample(range(len(areas) * len(_EXCHANGES) * 10_000), _LEADS[campaign])
    return [_lead(campaign, number, areas, rolls.choice(firsts), rolls.choice(lasts)) for number in numbers]


def _lead(campaign: str, number: int, areas: tuple[tuple[str, str], ...], first: str, last: str) -> Lead:
    rest, line = divmod(number, 10_000)
    area, exchange = divmod(rest, len(_EXCHANGES))
    code, city = areas[area]
    company = f"{last} {_TRADE[campaign]} {city}"
    mailbox = f"{first}.{last}.{code}{line:04d}".lower()
    return Lead(f"{first} {last}", f"+1{code}{_EXCHANGES[exchange]}{line:04d}", f"{mailbox}@example.net", company, city)


def calls_of(story: DemoStory, campaign: str, leads: list[Lead], seed: int) -> list[Call]:
    """Every call of a campaign in order of time; callers call only while an experiment runs."""
    room = _Room(story, campaign, seed)
    queue = deque(leads)
    calls: list[Call] = []
    for day in story.days():
        for start, seconds, outcome, email in sorted(room.slots_of(day)):
            lead = queue.popleft()
            if outcome not in _FINAL:
                queue.append(lead)
            calls.append(Call(_call_id(campaign, len(calls) + 1, seed), start, seconds, outcome, lead, email))
    return calls


def _call_id(campaign: str, number: int, seed: int) -> str:
    """The dialer of Comfort Ohio keeps Twilio's own ids."""
    own = f"{campaign[:2].upper()}-{number:06d}"
    return made_sid("CA", seed, own) if campaign == "comfort" else own


class _Room:
    """The callers of one campaign at work."""

    def __init__(self, story: DemoStory, campaign: str, seed: int) -> None:
        self.story = story
        self.campaign = campaign
        self.zone = ZoneInfo(story.zone)
        self.rolls = dice(seed, campaign, "calls")
        self.decks = {e.key: _outcomes(e, seed) for e in story.experiments_of(campaign)}

    def slots_of(self, day: date) -> Iterator[tuple[datetime, int, str, str]]:
        """Start, seconds, outcome and caller of each call."""
        if day.weekday() < 5:
            for member in self.story.at_work(self.campaign, day):
                yield from self._shift(member.email, day)

    def _shift(self, email: str, day: date) -> Iterator[tuple[datetime, int, str, str]]:
        moment = datetime.combine(day, OPEN, self.zone) + timedelta(seconds=self.rolls.randint(30, 400))
        while moment.time() < CLOSE:
            experiment = self.story.running_at(self.campaign, moment.astimezone(UTC))
            if LUNCH <= moment.time() < AFTER_LUNCH or experiment is None:
                moment += timedelta(minutes=5)
                continue
            outcome = next(self.decks[experiment.key])
            seconds = self.rolls.randint(*_SECONDS[outcome])
            yield moment, seconds, outcome, email
            moment += timedelta(seconds=seconds + self.rolls.randint(49, 274))


def _outcomes(experiment: Experiment, seed: int) -> Iterator[str]:
    shares = dict(_OUTCOMES, Schedule=experiment.schedules)
    shares["No Answer"] -= experiment.schedules
    return _deck([outcome for outcome, share in shares.items() for _ in range(share)], dice(seed, experiment.key))


Card = TypeVar("Card")


def _deck(cards: list[Card], rolls: Random) -> Iterator[Card]:
    """Shuffled again and again: random in order, exact in number, so that the story's sums hold for any seed."""
    while True:
        yield from rolls.sample(cards, len(cards))


def events_of(story: DemoStory, campaign: str, calls: list[Call], seed: int) -> list[Event]:
    """What came of each appointment, as far as it has happened by now."""
    rolls = dice(seed, campaign, "events")
    paths = {e.key: _deck(_paths(e.sales), dice(seed, e.key, "paths")) for e in story.experiments_of(campaign)}
    events: list[Event] = []
    for call in calls:
        experiment = story.running_at(campaign, call.started_at.astimezone(UTC))
        if call.outcome == "Schedule" and experiment is not None:
            steps = next(paths[experiment.key])
            events += [event for event in _appointment(call, steps, rolls) if event.at < story.over_at]
    return sorted(events, key=lambda event: event.at)


def _paths(sales: int) -> list[int]:
    """How many further steps 30 appointments take: 18 are attended, 12 of them installed, `sales` of those paid."""
    return [0] * 12 + [1] * 6 + [2] * (12 - sales) + [3] * sales


def _appointment(call: Call, steps: int, rolls: Random) -> Iterator[Event]:
    booked = call.started_at + timedelta(seconds=call.seconds + 60)
    attended = _workday(call.started_at, rolls.randint(1, 4), rolls)
    installed = attended + timedelta(minutes=rolls.randint(20, 55))
    paid = _workday(installed, rolls.randint(3, 9), rolls)
    moments = (
        ("install_scheduled", booked, {"for": attended.isoformat()}),
        ("install_attended", attended, {"by": "video"}),
        ("calculator_installed", installed, {"page": rolls.choice(("home", "quote", "contact"))}),
        ("paid_conversion", paid, {"plan": rolls.choice(("monthly", "yearly"))}),
    )
    for event_type, at, metadata in moments[: steps + 1]:
        yield Event(event_type, at, call.email, call.lead, metadata)


def _workday(after: datetime, days: int, rolls: Random) -> datetime:
    """That many weekdays later, between nine and four."""
    day = after.date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day, time(9), after.tzinfo) + timedelta(minutes=rolls.randint(0, 84) * 5)
