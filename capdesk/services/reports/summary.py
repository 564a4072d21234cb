"""What a weekly report says first: how many verdicts are due, what the week cost, what arrived late."""

from dataclasses import dataclass
from decimal import Decimal

from capdesk.services.money import ZERO, dollars
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.reports.model import Late, Pace, SourceStanding, WeeklyReport, WeeklyRow
from capdesk.services.reports.wording import NONE, clipped, counted, listed, long_day, short_day, weekday

LATE_SHOWN = 20
_ACCOUNT_COLUMNS = 70
_ERROR_COLUMNS = 400


@dataclass(frozen=True)
class Spend:
    """One line of the week's spend: who spent, in the week, and up to its end."""

    label: str
    week_usd: Decimal
    total_usd: Decimal


@dataclass(frozen=True)
class LateSummary:
    """The first late facts one by one, and exact sums over all of them and over those not shown."""

    shown: tuple[Late, ...]
    all_of_them: str
    hidden: str | None


def verdicts_due(report: WeeklyReport) -> tuple[WeeklyRow, ...]:
    return tuple(row for row in report.rows if row.evaluation_recommended)


def verdict_line(report: WeeklyReport) -> str:
    """`verdict due on 2 of 4 experiments`, `no verdict due` or `no experiment was active`."""
    due = len(verdicts_due(report))
    if due:
        return f"verdict due on {due} of {counted(len(report.rows), 'experiment')}"
    return "no verdict due" if report.rows else "no experiment was active"


def spend_lines(report: WeeklyReport) -> tuple[Spend, ...]:
    """Experiments, overhead, unassigned, and last their exact sum."""
    lines = (
        Spend(
            "experiments above",
            sum((row.week.spend_usd for row in report.rows), ZERO),
            sum((row.total.spend_usd for row in report.rows), ZERO),
        ),
        Spend("campaign overhead", report.overhead.week_usd, report.overhead.total_usd),
        Spend("unassigned spend", report.unassigned.week_usd, report.unassigned.total_usd),
    )
    week = sum((line.week_usd for line in lines), ZERO)
    return (*lines, Spend("together", week, sum((line.total_usd for line in lines), ZERO)))


def late_summary(late: tuple[Late, ...], limit: int = LATE_SHOWN) -> LateSummary:
    """At most `limit` late facts; one more is shown rather than spent on saying "and 1 more"."""
    shown = late if len(late) <= limit + 1 else late[:limit]
    rest = late[len(shown) :]
    hidden = f"and {len(rest):,} more: {_sums(rest)}" if rest else None
    all_of_them = f"{counted(len(late), 'line')}, {_sums(late)}" if late else "nothing"
    return LateSummary(shown, all_of_them, hidden)


def late_figure(item: Late) -> str:
    """`+$3.10` for money, `+4` for a count of events."""
    if item.amount_usd is not None:
        return signed_dollars(item.amount_usd)
    return NONE if item.count is None else f"{item.count:+,}"


def signed_dollars(amount: Decimal) -> str:
    text = dollars(amount)
    return text if text.startswith("-") else f"+{text}"


def skipped_line(weeks: tuple[str, ...]) -> str | None:
    """One sentence that names every week whose email was skipped."""
    if not weeks:
        return None
    return f"No email was sent for {listed(weeks)}; `capdesk report weekly --week` shows each."


def provisional_line(amount: Decimal) -> str:
    if not amount:
        return "No cost in this report is provisional."
    return f"{dollars(amount)} is provisional: the provider may still restate it."


def pace_line(pace: Pace) -> str:
    """The estimate in words."""
    if pace.usd_per_day is None:
        return f"{NONE} (no complete day yet)"
    day = pace.cap_reached_on
    when = "the cap is not reached" if day is None else f"the cap is reached on {short_day(day)}"
    return f"{dollars(pace.usd_per_day)} a day; {when} at this pace"


def _sums(late: tuple[Late, ...]) -> str:
    costs = [item.amount_usd for item in late if item.amount_usd is not None]
    events = [item.count for item in late if item.count is not None]
    words = []
    if costs:
        words.append(f"costs {signed_dollars(sum(costs, ZERO))}")
    if events:
        words.append(counted(sum(events), "event"))
    return ", ".join(words) or NONE


def lacking(report: WeeklyReport) -> list[SourceStanding]:
    """The accounts whose costs the report's figures lack in part: still connected, with days of the week not in."""
    return [source for source in report.sources if source.missing and source.connected]


def lacking_line(source: SourceStanding) -> str:
    """What is missing from the figures, and why where that is known."""
    since = "NOT pulled yet" if source.through is None else f"NOT pulled since {long_day(source.through)}"
    days = "the whole week" if len(source.missing) == 7 else listed(map(weekday, source.missing))
    error = f" {clipped(source.error, _ERROR_COLUMNS)}" if source.error else ""
    return f"{_source_name(source)}: {since}; the figures below lack {days}.{error}"


def complete_lines(report: WeeklyReport) -> list[str]:
    """The accounts nothing is missing of, and those somebody disconnected."""
    lines = []
    for source in report.sources:
        if source.through is None or (source.missing and source.connected):
            continue
        ended = ", then disconnected" if source.missing else ""
        lines.append(f"{_source_name(source)}: complete through {long_day(source.through)}{ended}")
    return lines


def _source_name(source: SourceStanding) -> str:
    return f"{PROVIDER_NAMES[source.provider]} {clipped(source.account, _ACCOUNT_COLUMNS)}"
