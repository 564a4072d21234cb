"""Reports for a terminal and for the plain-text part of an email: what needs a verdict comes first."""

from capdesk.services.money import ZERO, dollars, ratio
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.layout import WIDTH, bullet, table, wrapped
from capdesk.services.reports.model import (
    EVENT_TYPES,
    SOURCES,
    ExperimentReport,
    Figures,
    Late,
    Reason,
    Tranche,
    WeeklyReport,
    WeeklyRow,
)
from capdesk.services.reports.summary import (
    complete_lines,
    lacking,
    lacking_line,
    late_figure,
    late_summary,
    pace_line,
    provisional_line,
    skipped_line,
    spend_lines,
    verdict_line,
    verdicts_due,
)
from capdesk.services.reports.wording import (
    NONE,
    days_used,
    local_moment,
    long_day,
    named,
    percent,
    short_day,
    tranches,
)

_FIGURES_HEAD = ("", "spend", "QPCs", "installs", "paid")


def weekly_text(report: WeeklyReport) -> str:
    """The weekly report, at most 78 columns wide; the last line is the head of the seals."""
    blocks = [
        _weekly_head(report),
        _verdicts(report),
        *_lacking(report),
        *(_row(row) for row in report.rows),
        _spend(report),
        _late(report),
        _weekly_foot(report),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def experiment_text(report: ExperimentReport) -> str:
    """One experiment: verdict, capital, time, pace, events, tranches; at most 78 columns wide."""
    blocks = [
        _experiment_head(report),
        _recommended(report.evaluation_recommended, report.reasons, indent=""),
        _consumption(report),
        _events(report),
        _tranches(report.tranches),
        wrapped(report.hypothesis, "Hypothesis: ", "  "),
        [f"As of {utc_stamp(report.as_of)}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def full_name(campaign: str, experiment: str, width: int = WIDTH) -> str:
    """`Campaign / Experiment`, each given half of the width at most."""
    half = (width - 3) // 2
    return f"{named(campaign, half)} / {named(experiment, half)}"


def _weekly_head(report: WeeklyReport) -> list[str]:
    return [
        f"capdesk weekly report {report.week}",
        f"{long_day(report.first_day)} to {long_day(report.last_day)}",
        f"as of {local_moment(report.as_of, report.zone)}",
    ]


def _verdicts(report: WeeklyReport) -> list[str]:
    due = verdicts_due(report)
    lines = [verdict_line(report).upper()]
    lines += [f"  - {full_name(row.campaign, row.experiment, WIDTH - 4)}" for row in due]
    skipped = skipped_line(report.skipped_weeks)
    return lines + (wrapped(skipped) if skipped else [])


def _row(row: WeeklyRow) -> list[str]:
    spent = f"{percent(row.total.spend_usd, row.cap_usd)} of the {dollars(row.cap_usd)} cap spent"
    return [
        full_name(row.campaign, row.experiment),
        *wrapped(f"{row.status}; {spent}, {tranches(row.tranches_consumed, row.tranches_in_cap)}", "  ", "  "),
        f"  {days_used(row.time_used_days, row.time_cap_days)}",
        *table((_FIGURES_HEAD, _figures("week", row.week), _figures("total", row.total)), 1, "    "),
        *_recommended(row.evaluation_recommended, row.reasons),
    ]


def _figures(label: str, figures: Figures) -> tuple[str, ...]:
    return (
        label,
        f"{dollars(figures.spend_usd):>14}",
        f"{figures.qpc:>8,}",
        f"{figures.installs:>8,}",
        f"{figures.paid_conversions:>8,}",
    )


def _recommended(recommended: bool, reasons: tuple[Reason, ...], indent: str = "  ") -> list[str]:
    lines = [f"{indent}Evaluation recommended: {'yes' if recommended else 'no'}"]
    for reason in reasons:
        lines += bullet(reason.text, indent + "  ")
    return lines


def _spend(report: WeeklyReport) -> list[str]:
    head = ("", f"{'week':>14}", f"{'total':>14}")
    lines = [(line.label, dollars(line.week_usd), dollars(line.total_usd)) for line in spend_lines(report)]
    complete = [line for said in complete_lines(report) for line in wrapped(said, "  ", "    ")]
    provisional = wrapped(provisional_line(report.provisional_usd), "  ", "  ")
    return ["SPEND", *table((head, *lines), 1), *provisional, *complete]


def _lacking(report: WeeklyReport) -> list[list[str]]:
    """A block of its own, only where something is missing."""
    lines = [line for source in lacking(report) for line in bullet(lacking_line(source))]
    return [["COSTS ARE MISSING", *lines]] if lines else []


def _late(report: WeeklyReport) -> list[str]:
    summary = late_summary(report.late)
    head = wrapped(f"ARRIVED LATE (recorded in the week, dated before it): {summary.all_of_them}", "", "  ")
    lines = table((_late_row(item) for item in summary.shown), 3)
    return head + lines + ([f"  {summary.hidden}"] if summary.hidden else [])


def _late_row(item: Late) -> tuple[str, ...]:
    experiment = "no experiment" if item.experiment is None else named(item.experiment, 24)
    return (item.day.isoformat(), experiment, named(item.what, 24), late_figure(item))


def _weekly_foot(report: WeeklyReport) -> list[str]:
    return [f"As of {utc_stamp(report.as_of)}", f"Seal {report.seal or NONE}"]


def _experiment_head(report: ExperimentReport) -> list[str]:
    return [
        full_name(report.campaign, report.experiment),
        f"experiment {report.experiment_id}, {report.status}",
        f"as of {local_moment(report.as_of, report.zone)}",
    ]


def _consumption(report: ExperimentReport) -> list[str]:
    in_cap = ratio(report.cap_usd, report.tranche_size_usd) or report.tranches_consumed
    spent = f"{dollars(report.spent_usd)} of {dollars(report.cap_usd)}"
    sources = [(name, f"{dollars(report.by_source.get(name, ZERO)):>14}") for name in SOURCES]
    return [
        f"Capital   {spent}, {percent(report.spent_usd, report.cap_usd)}",
        *table(sources, 1, "            "),
        *wrapped(provisional_line(report.provisional_usd), "          ", "          "),
        f"Tranches  {tranches(report.tranches_consumed, in_cap)} of {dollars(report.tranche_size_usd)} each",
        f"Time      {days_used(report.used_days, report.cap_days)}",
        *wrapped(f"{pace_line(report.pace)} (estimate)", "Pace      ", "          "),
    ]


def ordered_events(report: ExperimentReport) -> list[tuple[str, int, str]]:
    """All seven types as (type, count, role), the primary and secondary success events first."""
    primary, secondary = report.primary_success_event, report.secondary_events
    roles = {primary: "primary success event"} | {
        name: "secondary success event" for name in secondary if name != primary
    }
    first = [name for name in roles if name in EVENT_TYPES]
    rest = [name for name in EVENT_TYPES if name not in roles]
    return [(name, report.events.get(name, 0), roles.get(name, "")) for name in first + rest]


def _events(report: ExperimentReport) -> list[str]:
    rows = [(name, f"{count:>10,}", role) for name, count, role in ordered_events(report)]
    return ["Events", *table(rows, 3)]


def _tranches(rows: tuple[Tranche, ...]) -> list[str]:
    if not rows:
        return ["Tranches: nothing spent yet"]
    head = ("tranche", "first day", "last day", "spent", "QPCs", "installs", "paid")
    return ["Tranches", *table((head, *(_tranche(row) for row in rows)), 3)]


def _tranche(row: Tranche) -> tuple[str, ...]:
    return (
        str(row.index),
        NONE if row.first_day is None else short_day(row.first_day),
        NONE if row.last_day is None else short_day(row.last_day),
        dollars(row.spent_usd),
        f"{row.qpc:,}",
        f"{row.installs:,}",
        f"{row.paid_conversions:,}",
    )
