"""What forms offer to choose from, read in one transaction: ids with the names people know."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from capdesk.bootstrap import Desk
from capdesk.services.campaigns import list_campaigns
from capdesk.services.dates import business_date
from capdesk.services.products import list_products
from capdesk.services.team import list_members
from capdesk.views.page import Page

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Named = tuple[int, str]


@dataclass(frozen=True)
class Choices:
    """Campaigns that are not completed, active members and products, each as (id, name); and today in the desk zone."""

    today: date
    products: list[Named]
    campaigns: list[Named]
    members: list[Named]


def read_choices(desk: Desk) -> Choices:
    today = business_date(desk.clock.now(), desk.zone)

    def read(session: "Session") -> Choices:
        return Choices(
            today,
            [(one.id, one.name) for one in list_products(session) if one.active],
            [(one.id, one.name) for one in list_campaigns(session) if one.status != "completed"],
            [(one.id, f"{one.name} ({one.email})") for one in list_members(session, today) if one.active],
        )

    return desk.read(read)


def with_choices(page: Page, then: Callable[[Choices], None]) -> None:
    """Reads the choices and hands them on: to the dialog that is to open."""
    page.read(read_choices, then, key="choices")
