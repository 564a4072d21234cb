"""The emails capdesk sends to its owner: subject, plain text and HTML of one report or alert."""

from dataclasses import dataclass

from capdesk.services.money import dollars
from capdesk.services.plain import utc_stamp
from capdesk.services.reports.alert import Alert
from capdesk.services.reports.layout import table, wrapped
from capdesk.services.reports.model import WeeklyReport
from capdesk.services.reports.render_text import full_name, weekly_text
from capdesk.services.reports.summary import lacking, spend_lines, verdict_line
from capdesk.services.reports.wording import clipped, local_moment, one_line

_SUBJECT_NAME = 60


@dataclass(frozen=True)
class Letter:
    """A rendered email without its addresses. The subject is one line without control characters."""

    subject: str
    text: str
    html: str


def weekly_letter(report: WeeklyReport) -> Letter:
    from capdesk.services.reports.render_html import weekly_html  # noqa: PLC0415 - Jinja2: never where one waits for it

    return Letter(weekly_subject(report), weekly_text(report), weekly_html(report))


def weekly_subject(report: WeeklyReport) -> str:
    """`capdesk 2026-W47: verdict due on 2 of 4 experiments, $1,240.55 spent`: the whole week's spend.

    Where costs of the week were not pulled it says so: the figure is too low then.
    """
    spent = dollars(spend_lines(report)[-1].week_usd)
    known = ", costs are missing" if lacking(report) else ""
    return one_line(f"capdesk {report.week}: {verdict_line(report)}, {spent} spent{known}")


def render_alert(alert: Alert) -> Letter:
    from capdesk.services.reports.render_html import alert_html  # noqa: PLC0415 - Jinja2: never where one waits for it

    subject = f"capdesk alert: {clipped(alert.experiment, _SUBJECT_NAME)}: {alert.sentence}"
    return Letter(clipped(subject, 200), alert_text(alert), alert_html(alert))


def alert_text(alert: Alert) -> str:
    """The alert for a terminal and for the plain-text part of its email."""
    blocks = [
        wrapped(alert.sentence),
        [full_name(alert.campaign, alert.experiment), *table(alert.figures(), 2)],
        wrapped(alert.CLOSING),
        [f"As of {utc_stamp(alert.as_of)}, {local_moment(alert.as_of, alert.zone)}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"
