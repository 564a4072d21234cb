"""One campaign: what it has spent beside its budget, its experiments, its people, its leads."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from PySide6.QtWidgets import QGridLayout, QTabWidget, QWidget

from capdesk.services.campaigns import CampaignDetails, show_campaign
from capdesk.services.money import dollars
from capdesk.services.reports.wording import NONE, counted, local_moment, percent
from capdesk.views.page import Command, Page
from capdesk.views.pages.campaign_form import change_campaign
from capdesk.views.pages.events import record_event
from capdesk.views.pages.experiment.forms import experiment_dialog
from capdesk.views.pages.team import assign
from capdesk.views.places import Place
from capdesk.views.records.table import RecordTable
from capdesk.views.widgets import card, named, status_badge, text
from capdesk.views.workspace import Workspace

_TABS = (
    ("experiments", "Experiments", "experiment"),
    ("team", "Team", "team"),
    ("leads", "Leads", "leads"),
    ("costs", "Costs", "costs"),
    ("events", "Events", "events"),
)
"""Listing, title, and the page its records open on."""


class CampaignPage(Page):
    key = "campaign"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._details: CampaignDetails | None = None
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(40)
        self._figures.setVerticalSpacing(2)
        self._about = text("", "muted", wrap=True)
        facts = QWidget()
        facts.setLayout(self._figures)
        self._tables: dict[str, RecordTable] = {}
        self.tabs = named(QTabWidget(), "campaign-tabs", "Of this campaign")
        self.tabs.setDocumentMode(True)
        self.body.addWidget(card(facts, self._about))
        self.body.addWidget(self.tabs, 1)
        self._badge = status_badge("planned")

    def open(self, place: Place) -> None:
        if place.record != self.place.record:
            self._details = None
            self._rebuild_tables(place.record or 0)
        super().open(place)

    def reload(self) -> None:
        number = self.place.record or 0
        self.read(lambda desk: desk.read(lambda session: show_campaign(session, number)), self._show)
        for table in self._tables.values():
            table.reload()

    def commands(self) -> Sequence[Command]:
        details, number = self._details, self.place.record
        if details is None or number is None:
            return ()
        return (
            Command("Edit…", lambda: change_campaign(self, details), "pencil", "F2"),
            Command("Assign a member…", lambda: assign(self, campaign=number), "user-plus"),
            Command("Record event…", lambda: record_event(self, number), "activity"),
            Command("New experiment", lambda: self._plan(number), "plus", "Ctrl+N", primary=True),
        )

    def _plan(self, campaign: int) -> None:
        experiment_dialog(self.workspace, campaign, None, self).open()

    def _show(self, details: CampaignDetails) -> None:
        self._details = details
        row = details.campaign
        self.say_title(row.name, f"{row.product}: {row.status}")
        self._about.setText(details.description)
        self._about.setVisible(bool(details.description))
        self._show_figures(details)
        self.show_commands()

    def _show_figures(self, details: CampaignDetails) -> None:
        while (item := self._figures.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        row, budget = details.campaign, details.campaign.capital_budget_usd
        zone = self.workspace.desk.zone.key
        since = details.history[-1].recorded_at if details.history else None
        figures = (
            ("Spent", dollars(details.spent_usd)),
            ("Budget, never enforced", _budget(details.spent_usd, budget)),
            ("Leads", f"{details.leads:,}"),
            ("Experiments", counted(len(details.experiments), "experiment")),
            ("Running now", row.running or NONE),
            ("Status since", local_moment(since, zone) if since else NONE),
        )
        for column, (title, words) in enumerate(figures):
            self._figures.addWidget(text(title, "small"), 0, column)
            self._figures.addWidget(text(words, "strong", wrap=True), 1, column)

    def _rebuild_tables(self, campaign: int) -> None:
        for table in self._tables.values():
            table.deleteLater()
        self._tables.clear()
        self.tabs.clear()
        for listing, title, page in _TABS:
            table = RecordTable(self.workspace, listing, scope=("campaign", campaign), compact=True)
            table.opened.connect(self._opener(page))
            self._tables[listing] = table
            self.tabs.addTab(table, title)

    def _opener(self, page: str) -> Callable[[int], None]:
        return lambda number: self.workspace.go(page, number)


def _budget(spent: Decimal, budget: Decimal | None) -> str:
    return NONE if budget is None else f"{dollars(budget)}, {percent(spent, budget)} spent"
