"""Reports as HTML that mail clients keep: nested tables, inline styles, nothing fetched from anywhere.

Import this file late: it brings Jinja2 and the style inliner with it.
"""

from functools import cache

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from capdesk.services.money import ZERO, dollars, ratio
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.alert import Alert
from capdesk.services.reports.capital_bar import capital_bar
from capdesk.services.reports.model import SOURCES, ExperimentReport, WeeklyReport
from capdesk.services.reports.render_text import ordered_events
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
    clipped,
    days_used,
    local_moment,
    one_line,
    percent,
    sentence,
    short_day,
    tranches,
)
from capdesk.services.resources import resource

_NAME_COLUMNS = 120


def weekly_html(report: WeeklyReport) -> str:
    """The weekly email as one self-contained page."""
    verdict = sentence(verdict_line(report))
    return _page(
        "weekly.html.j2",
        title=f"capdesk weekly report {report.week}",
        preheader=f"{verdict}. {dollars(spend_lines(report)[-1].week_usd)} spent in the week.",
        report=report,
        verdict=verdict,
        due=verdicts_due(report),
        skipped=skipped_line(report.skipped_weeks),
        spend=spend_lines(report),
        provisional=provisional_line(report.provisional_usd),
        lacking=[lacking_line(source) for source in lacking(report)],
        complete=complete_lines(report),
        late=late_summary(report.late),
    )


def experiment_html(report: ExperimentReport) -> str:
    """One experiment's report as one self-contained page."""
    return _page(
        "experiment.html.j2",
        title=f"capdesk experiment {report.experiment_id}",
        preheader=f"Evaluation recommended: {'yes' if report.evaluation_recommended else 'no'}",
        report=report,
        in_cap=ratio(report.cap_usd, report.tranche_size_usd),
        sources=[(source, report.by_source.get(source, ZERO)) for source in SOURCES],
        provisional=provisional_line(report.provisional_usd),
        pace=pace_line(report.pace),
        events=ordered_events(report),
    )


def alert_html(alert: Alert) -> str:
    """An interrupt alert as one self-contained page."""
    return _page(
        "alert.html.j2",
        title="capdesk alert",
        preheader=alert.sentence,
        alert=alert,
        figures=alert.figures(),
        closing=alert.CLOSING,
    )


def _page(template: str, **values: object) -> str:
    html = _environment().get_template(template).render(**values)
    return _inliner().inline(html)


@cache
def _inliner() -> CSSInliner:
    # The dark colours live in an @media rule, which cannot be inlined and is kept for clients that read it.
    return CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_tamed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        dollars=dollars, day=short_day, stamp=utc_stamp, count=lambda number: f"{number:,}", clip=_clip
    )
    environment.globals.update(
        capital_bar=capital_bar,
        days_used=days_used,
        late_figure=late_figure,
        local_moment=local_moment,
        percent=percent,
        tranches=tranches,
    )
    return environment


def _tamed(value: object) -> object:
    """Every text that is not markup loses its control and direction characters before it is escaped."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _clip(text: str, width: int = _NAME_COLUMNS) -> str:
    return clipped(text, width)
