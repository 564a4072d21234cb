"""Where in the window one can be: the pages there are, and the address of what is shown."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from capdesk.views.page import Page
    from capdesk.views.workspace import Workspace

Group = Literal["", "Work", "Facts", "Money", "Decisions", "Reports", "Desk"]


@dataclass(frozen=True)
class Place:
    """A page, and what it shows: a record by its id, or a list under a filter."""

    page: str
    record: int | None = None
    filter: str = ""


@dataclass(frozen=True)
class PageInfo:
    """A page of the sidebar. Its module is imported when it is first opened, after the database layer."""

    key: str
    title: str
    icon: str
    group: Group
    module: str
    """`module:Class`; the class takes the workspace."""
    listed: bool = True
    """Whether the sidebar shows it; the pages of single records are reached from their lists."""


def _page(key: str, title: str, icon: str, group: Group, module: str, listed: bool = True) -> PageInfo:
    return PageInfo(key, title, icon, group, f"capdesk.views.pages.{module}", listed)


PAGES: dict[str, PageInfo] = {
    one.key: one
    for one in (
        _page("home", "Desk", "house", "", "home.page:HomePage"),
        _page("campaigns", "Campaigns", "megaphone", "Work", "campaigns:CampaignsPage"),
        _page("campaign", "Campaign", "megaphone", "Work", "campaign:CampaignPage", False),
        _page("experiments", "Experiments", "flask-conical", "Work", "experiments:ExperimentsPage"),
        _page("experiment", "Experiment", "flask-conical", "Work", "experiment.page:ExperimentPage", False),
        _page("leads", "Leads", "contact", "Work", "leads:LeadsPage"),
        _page("team", "Team", "users", "Work", "team:TeamPage"),
        _page("calls", "Calls", "phone", "Facts", "calls:CallsPage"),
        _page("events", "Events", "activity", "Facts", "events:EventsPage"),
        _page("time", "Time", "clock", "Facts", "time_logs:TimePage"),
        _page("imports", "Imports", "file-input", "Facts", "imports.page:ImportsPage"),
        _page("costs", "Costs", "receipt", "Money", "costs:CostsPage"),
        _page("bonuses", "Bonuses", "badge-dollar-sign", "Money", "bonuses:BonusesPage"),
        _page("syncs", "Syncs", "refresh-cw", "Money", "syncs:SyncsPage"),
        _page("evaluations", "Evaluations", "gavel", "Decisions", "evaluations.page:EvaluationsPage"),
        _page("evaluation", "Evaluation", "gavel", "Decisions", "evaluations.one:EvaluationPage", False),
        _page("evaluate", "Evaluate", "gavel", "Decisions", "evaluations.decide:EvaluatePage", False),
        _page("overrides", "Overrides", "shield-alert", "Decisions", "overrides:OverridesPage"),
        _page("reports", "Reports", "file-text", "Reports", "reports.page:ReportsPage"),
        _page("notifications", "Notifications", "mail", "Reports", "notifications:NotificationsPage"),
        _page("settings", "Settings", "settings", "Desk", "settings.page:SettingsPage"),
    )
}


def make_page(key: str, workspace: "Workspace") -> "Page":
    """The page, imported and built."""
    module, name = PAGES[key].module.split(":")
    made: Page = getattr(import_module(module), name)(workspace)
    return made
