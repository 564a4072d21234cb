"""Bonuses: what events earned their members, created with the event and locked."""

from typing import ClassVar

from capdesk.views.records.list_page import ListPage


class BonusesPage(ListPage):
    key = "bonuses"
    listing: ClassVar[str] = "bonuses"
    record_page: ClassVar[str | None] = None
