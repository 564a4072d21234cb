"""Below the title: status, campaign, hypothesis, and why an evaluation is recommended."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from capdesk.services.dates import business_date
from capdesk.services.reports.model import Reason
from capdesk.services.reports.names import event_name
from capdesk.services.reports.wording import short_day
from capdesk.views.layouts import Flow
from capdesk.views.pages.experiment.reading import Figures, Present
from capdesk.views.widgets import TONES, badge, button, long_text, named, set_property, text
from capdesk.views.workspace import Workspace


class StatusLine(QWidget):
    """Status, where it belongs, and since when."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._campaign_id: int | None = None
        self.status = named(badge("planned"), "experiment-status", "Status")
        self.campaign = button("Campaign", self._open_campaign, kind="link")
        self.campaign.setObjectName("campaign-link")
        self._dates = text("", "muted")
        self.campaign.setMinimumWidth(60)
        row = Flow(self, gap=10, row_gap=4)
        for widget in (self.status, self.campaign, self._dates):
            row.addWidget(widget)

    def show_present(self, present: Present) -> None:
        self._campaign_id = present.campaign.id
        self.campaign.setText(present.campaign.name.replace("&", "&&"))
        self.campaign.setAccessibleName(f"Campaign {present.campaign.name}")

    def show_figures(self, figures: Figures, zone: ZoneInfo) -> None:
        """The status as it was known."""
        status, history = figures.report.status, figures.history
        self.status.setText(status)
        set_property(self.status, "badge", TONES.get(status, "neutral"))
        words = []
        if history.first_start is not None:
            words.append(f"first start {short_day(business_date(history.first_start, zone))}")
        if history.ended_at is not None:
            words.append(f"ended {short_day(business_date(history.ended_at, zone))}")
        self._dates.setText(", ".join(words) or "not started yet")

    def _open_campaign(self) -> None:
        self._workspace.go("campaign", self._campaign_id)


class Hypothesis(QWidget):
    """What is to be proven, and by which events."""

    def __init__(self) -> None:
        super().__init__()
        self._hypothesis = named(long_text(""), "hypothesis")
        self._events = named(text("", "muted", wrap=True), "success-events")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._hypothesis)
        column.addWidget(self._events)

    def show_figures(self, figures: Figures) -> None:
        report = figures.report
        self._hypothesis.setText(report.hypothesis)
        besides = ", ".join(map(event_name, report.secondary_events))
        also = f"; besides: {besides}" if besides else ""
        self._events.setText(f"Success event: {event_name(report.primary_success_event)}{also}")


class Reasons(QFrame):
    """Why an evaluation is recommended; not there where it is not."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "reasons", "Evaluation recommended")
        self.setProperty("band", "past")
        self._why = text("", "warn", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(14)
        row.addWidget(text("Evaluation recommended", "strong"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._why, 1)

    def show_reasons(self, reasons: Sequence[Reason]) -> None:
        words = " ".join(reason.text for reason in reasons)
        self._why.setText(words)
        self.setAccessibleDescription(words)
        self.setVisible(bool(reasons))


class NextSteps(QFrame):
    """On the page of a planned experiment: what to do now."""

    def __init__(self, start: QWidget, edit: QWidget) -> None:
        super().__init__()
        named(self, "next-steps", "What to do next")
        self.setProperty("frame-style", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)
        column.addWidget(text("Planned, not started", "heading"))
        column.addWidget(
            text(
                "Look the rules over: they can be changed until the first start, and never after it. Once it is "
                "started, calls, events and costs of the campaign count for it.",
                "muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.addWidget(start)
        row.addWidget(edit)
        row.addStretch(1)
        column.addLayout(row)
