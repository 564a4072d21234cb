"""Campaigns: all of them, and a new one."""

from collections.abc import Sequence
from typing import ClassVar

from capdesk.services.listings.model import Row
from capdesk.views.page import Command
from capdesk.views.pages.campaign_form import new_campaign
from capdesk.views.records.list_page import ListPage


class CampaignsPage(ListPage):
    key = "campaigns"
    listing: ClassVar[str] = "campaigns"
    record_page: ClassVar[str | None] = "campaign"

    def commands(self) -> Sequence[Command]:
        return (Command("New campaign…", lambda: new_campaign(self), "plus", "Ctrl+N", primary=True),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        return (Command("Open", lambda: self.workspace.go("campaign", row.id), "arrow-right"),)
