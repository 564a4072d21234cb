"""One campaign: what it has spent beside its budget, its experiments, its people, its leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.models.base import CampaignStatus
from capdesk.services.campaigns import CampaignDetails, edit_campaign, show_campaign
from capdesk.services.costs import CostFilter, CostTable, costs
from capdesk.services.dates import business_date
from capdesk.services.team import list_members
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.campaign_form import change_campaign
from capdesk.views.pages.campaign_head import FiguresCard, StatusLine
from capdesk.views.pages.events import record_event
from capdesk.views.pages.experiment.forms import experiment_dialog
from capdesk.views.pages.record_tabs import RecordTabs, Tab
from capdesk.views.pages.team import assign
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_CAMPAIGN = frozenset({"campaign"})
_TABS = (
    Tab("experiments", "Experiments", "experiment", _CAMPAIGN),
    Tab("team", "Team", "team", _CAMPAIGN),
    Tab("leads", "Leads", "leads", _CAMPAIGN),
    Tab("costs", "Costs", "costs", _CAMPAIGN),
    Tab("events", "Events", "events", _CAMPAIGN),
    Tab("time", "Time", "time", _CAMPAIGN),
    Tab("calls", "Calls", "calls", _CAMPAIGN),
)
_LINES_OF_TABS = 20


@dataclass(frozen=True)
class _Shown:
    details: CampaignDetails
    by_source: CostTable
    members: int


class CampaignPage(Page):
    key = "campaign"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._details: CampaignDetails | None = None
        self.status = StatusLine(workspace, self._set_status)
        self.figures = FiguresCard(workspace.theme)
        self.tabs = RecordTabs(workspace, "campaign", _TABS)
        self.tabs.setMinimumHeight(self.tabs.fontMetrics().lineSpacing() * _LINES_OF_TABS)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(self.figures)
        column.addWidget(self.tabs, 1)
        self.body.setSpacing(10)
        self.body.addWidget(scrolled(inner), 1)
        self.body.insertWidget(0, self.status)  # after the lists, which the keyboard comes to first

    def open(self, place: Place) -> None:
        if place.record != self.place.record or self._details is None:
            self._details = None
            self.tabs.show_record(place.record or 0)
            self.place = place
            self._read()
        else:
            super().open(place)
        self.tabs.take_keyboard()

    def reload(self) -> None:
        self._read()
        self.tabs.reload()

    def commands(self) -> Sequence[Command]:
        details, number = self._details, self.place.record
        if details is None or number is None:
            return ()
        return (
            Command("Edit…", lambda: change_campaign(self, number), "pencil", "F2"),
            Command("Assign a member…", lambda: assign(self, campaign=number), "user-plus"),
            Command("Record event…", lambda: record_event(self, number), "activity"),
            Command("New experiment…", lambda: self._plan(number), "plus", "Ctrl+N", primary=True),
        )

    def _read(self) -> None:
        number = self.place.record or 0
        self.read(lambda desk: _shown(desk, number), self._show)

    def _plan(self, campaign: int) -> None:
        experiment_dialog(self.workspace, campaign, None, self).open()

    def _set_status(self, status: CampaignStatus) -> None:
        if self._details is None:
            return
        row = self._details.campaign
        self.workspace.write(
            f"Setting the status of {row.name}",
            lambda desk: desk.write(lambda session: edit_campaign(session, row.id, status=status)),
            owner=self,
            then=lambda made: self.workspace.say(f'"{made.name}" is {made.status.value} now.', "good"),
        )

    def _show(self, shown: _Shown) -> None:
        self._details = shown.details
        self.say_title(shown.details.campaign.name)
        self.status.show_details(shown.details)
        self.figures.show_details(shown.details, shown.by_source, shown.members)
        self.show_commands()
        _, member, event, experiment = self.commands()
        self.tabs.empty_commands = {"experiments": experiment, "team": member, "events": event}


def _shown(desk: Desk, number: int) -> _Shown:
    """Sums are read last: what is asked for may not exist."""
    today = business_date(desk.clock.now(), desk.zone)

    def read(session: "Session") -> tuple[CampaignDetails, int]:
        details = show_campaign(session, number)
        name = details.campaign.name
        return details, sum(one.campaign == name for one in list_members(session, today))

    details, members = desk.read(read)
    return _Shown(details, costs(desk, "source", CostFilter(campaign_id=number)), members)
