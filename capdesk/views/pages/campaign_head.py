"""The upper part of a campaign's page: its status, what was spent beside its budget, and what it is about."""

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from capdesk.models.base import CampaignStatus
from capdesk.services.campaigns import CampaignDetails
from capdesk.services.costs import CostTable
from capdesk.services.money import ZERO, dollars
from capdesk.services.reports.wording import counted, percent, short_day
from capdesk.views.charts.bars import Capital, paint_capital
from capdesk.views.charts.painted import Painted
from capdesk.views.charts.strips import SourceLegend
from capdesk.views.layouts import Tiles
from capdesk.views.look.theme import Theme
from capdesk.views.pages.home.pieces import Figure
from capdesk.views.widgets import TONES, badge, button, card, named, set_property, text
from capdesk.views.workspace import Workspace

_EMPTY = Decimal(1)


class StatusLine(QWidget):
    """The status with its menu, the product, and since when."""

    def __init__(self, workspace: Workspace, choose: Callable[[CampaignStatus], object]) -> None:
        super().__init__()
        self._zone, self._choose = workspace.desk.zone, choose
        self.status = named(badge("planned"), "campaign-status", "Status")
        self.about = text("", "muted", wrap=True)
        self.menu = QMenu(self)
        self.menu.setAccessibleName("Set status")
        self.opener = button("Set status ▾", lambda: None, kind="quiet")
        self.opener.setAccessibleName("Set status")
        self.opener.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.status)
        row.addWidget(self.about, 1)
        row.addWidget(self.opener)

    def show_details(self, details: CampaignDetails) -> None:
        status = details.campaign.status
        self.status.setText(status.value)
        set_property(self.status, "badge", TONES.get(status.value, "neutral"))
        history = [
            f"{one.status.value} since {short_day(one.recorded_at.astimezone(self._zone).date())}"
            for one in details.history
        ]
        self.about.setText(" · ".join([details.campaign.product, *reversed(history)]))
        self.menu.clear()
        for one in CampaignStatus:
            action = self.menu.addAction(one.value.capitalize())
            action.setEnabled(one is not status)
            action.triggered.connect(lambda _checked=False, wanted=one: self._choose(wanted))


class BudgetBar(Painted):
    """What was spent, by source, on the length of the budget; without one, the bar is all that was spent."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "budget-bar", "Spent beside the budget")
        self._capital = Capital(ZERO, _EMPTY, _EMPTY)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_spent(
        self, spent: Decimal, budget: Decimal | None, sources: dict[str, Decimal], open_usd: Decimal
    ) -> None:
        scale = budget or max(spent, _EMPTY)
        self._capital = Capital(spent, scale, scale, sources, open_usd)
        self.describe(f"{dollars(spent)} spent, {budget_words(spent, budget)}. A budget is shown, never enforced.")

    def sizeHint(self) -> QSize:
        return QSize(240, round(self.fontMetrics().height() * 0.6) + 10)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = self.painter()
        paint_capital(painter, QRectF(self.rect()).adjusted(1, 5, -1, -5), self._capital, self.colors)
        painter.end()


class FiguresCard(QFrame):
    """Spent beside the budget, by source, and how much there is of what the campaign owns."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.spent = Figure("spent", "Spent")
        self.experiments = Figure("experiments", "Experiments")
        self.leads = Figure("leads", "Leads")
        self.dates = Figure("dates", "Start")
        self.bar, self.legend = BudgetBar(theme), SourceLegend(theme)
        self.description = named(text("", "muted", wrap=True), "campaign-description")
        tiles = QWidget()
        layout = Tiles(24, parent=tiles)
        for one in (self.spent, self.experiments, self.leads, self.dates):
            layout.addWidget(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card(tiles, self.bar, self.legend, self.description, spacing=6))

    def show_details(self, details: CampaignDetails, by_source: CostTable, members: int) -> None:
        row, spent, budget = details.campaign, by_source.total_usd, details.campaign.capital_budget_usd
        self.spent.show_figure(dollars(spent), budget_words(spent, budget))
        running = f"{row.running} is running" if row.running else "none is running"
        self.experiments.show_figure(f"{len(details.experiments):,}", running)
        self.leads.show_figure(f"{details.leads:,}", counted(members, "team member"))
        start, end = row.start_date, row.end_date
        until = f"until {short_day(end)}" if end else "without an end"
        self.dates.show_figure(short_day(start) if start else "—", until if start or end else "no dates set")
        sources = {line.key: line.spent_usd for line in by_source.rows if line.key is not None}
        self.bar.show_spent(spent, budget, sources, by_source.provisional_usd)
        self.legend.set_sources(sources, by_source.provisional_usd)
        self.description.setText(details.description)
        self.description.setVisible(bool(details.description))


def budget_words(spent: Decimal, budget: Decimal | None) -> str:
    """`49.8 % of a $60,000.00 budget`."""
    return f"{percent(spent, budget)} of a {dollars(budget)} budget" if budget is not None else "no budget set"
