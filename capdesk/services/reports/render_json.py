"""Reports as the documented machine-readable contract (docs/formats.md).

Money is a string with 6 decimals, ratios have 4, dates are ISO, moments UTC ending in Z, "—" is null.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from capdesk.services.money import MICRO, RATIO, ZERO
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.model import (
    EVENT_TYPES,
    SOURCES,
    ExperimentReport,
    Figures,
    Late,
    Reason,
    SourceStanding,
    Tranche,
    Unassigned,
    WeeklyReport,
    WeeklyRow,
)

Json = dict[str, Any]


def weekly_json(report: WeeklyReport) -> Json:
    """`report weekly --json`."""
    return {
        "week": report.week,
        "from": report.first_day.isoformat(),
        "to": report.last_day.isoformat(),
        "as_of": utc_stamp(report.as_of),
        "rows": [_row(row) for row in report.rows],
        "unassigned": _week_and_total(report.unassigned),
        "overhead": _week_and_total(report.overhead),
        "provisional_usd": _usd(report.provisional_usd),
        "sources": [_source(source) for source in report.sources],
        "late": [_late(item) for item in report.late],
        "skipped_weeks": list(report.skipped_weeks),
        "seal": report.seal,
    }


def experiment_json(report: ExperimentReport) -> Json:
    """`report experiment --json`."""
    return {
        "experiment": {
            "id": report.experiment_id,
            "name": report.experiment,
            "campaign": report.campaign,
            "status": report.status,
        },
        "as_of": utc_stamp(report.as_of),
        "capital": {
            "spent_usd": _usd(report.spent_usd),
            "cap_usd": _usd(report.cap_usd),
            "by_source": {source: _usd(report.by_source.get(source, ZERO)) for source in SOURCES},
            "provisional_usd": _usd(report.provisional_usd),
        },
        "time": {"used_days": report.used_days, "cap_days": report.cap_days},
        "events": {name: report.events.get(name, 0) for name in EVENT_TYPES},
        "tranches": {
            "size_usd": _usd(report.tranche_size_usd),
            "consumed": _ratio(report.tranches_consumed),
            "rows": [_tranche(row) for row in report.tranches],
        },
        "pace": {
            "usd_per_day": None if report.pace.usd_per_day is None else _usd(report.pace.usd_per_day),
            "cap_reached_on": _day(report.pace.cap_reached_on),
        },
        "evaluation_recommended": report.evaluation_recommended,
        "reasons": _reasons(report.reasons),
    }


def _row(row: WeeklyRow) -> Json:
    return {
        "campaign": row.campaign,
        "experiment": row.experiment,
        "status": row.status,
        "week": _figures(row.week),
        "total": _figures(row.total),
        "tranches_consumed": _ratio(row.tranches_consumed),
        "evaluation_recommended": row.evaluation_recommended,
        "reasons": _reasons(row.reasons),
    }


def _figures(figures: Figures) -> Json:
    return {
        "spend_usd": _usd(figures.spend_usd),
        "qpc": figures.qpc,
        "installs": figures.installs,
        "paid_conversions": figures.paid_conversions,
    }


def _tranche(row: Tranche) -> Json:
    return {
        "index": row.index,
        "from": _day(row.first_day),
        "to": _day(row.last_day),
        "spent_usd": _usd(row.spent_usd),
        "qpc": row.qpc,
        "installs": row.installs,
        "paid_conversions": row.paid_conversions,
    }


def _week_and_total(amounts: Unassigned) -> Json:
    return {"week_usd": _usd(amounts.week_usd), "total_usd": _usd(amounts.total_usd)}


def _source(source: SourceStanding) -> Json:
    return {
        "provider": source.provider,
        "account": source.account,
        "complete_through": _day(source.through),
        "missing": [day.isoformat() for day in source.missing],
        "error": source.error,
        "connected": source.connected,
    }


def _late(item: Late) -> Json:
    """Carries `amount_usd` or `count`, whichever the fact has."""
    head: Json = {
        "kind": item.kind,
        "date": item.day.isoformat(),
        "experiment": item.experiment,
        "what": item.what,
    }
    if item.amount_usd is not None:
        head["amount_usd"] = _usd(item.amount_usd)
    if item.count is not None:
        head["count"] = item.count
    return head


def _reasons(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.text for reason in reasons]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _usd(amount: Decimal) -> str:
    return format(amount.quantize(MICRO, ROUND_HALF_EVEN) + ZERO, "f")


def _ratio(value: Decimal) -> str:
    return format(value.quantize(RATIO, ROUND_HALF_EVEN) + Decimal("0.0000"), "f")
