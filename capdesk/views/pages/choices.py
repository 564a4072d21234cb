"""What forms offer to choose from, read in one transaction: ids with the names people know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from capdesk.bootstrap import Desk
from capdesk.services.campaigns import list_campaigns
from capdesk.services.dates import business_date
from capdesk.services.products import list_products
from capdesk.services.team import list_members
from capdesk.views.forms.fields import ChoiceField
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


def with_choices(page: Page, then: Callable[[Choices], None], *, campaign: bool = False, member: bool = False) -> None:
    """Reads the choices and hands them on: to the dialog that is to open.

    Where it needs a campaign or a member and there is none, the message bar says so and leads to where one is made.
    """

    def found(choices: Choices) -> None:
        if campaign and not choices.campaigns:
            _missing(page, "It needs a campaign, and there is none that is not completed.", "Campaigns", "campaigns")
        elif member and not choices.members:
            _missing(page, "It needs a team member, and there is none that is active.", "Team", "team")
        else:
            then(choices)

    page.read(read_choices, found, key="choices")


def _missing(page: Page, words: str, action: str, place: str) -> None:
    page.workspace.say(words, "warn", action, lambda: page.workspace.go(place))


def one_of(key: str, label: str, choices: Sequence[Named], *, hint: str = "") -> ChoiceField:
    """A field in which nothing is chosen yet, unless there is only one: what was not meant is not recorded."""
    field = ChoiceField(key, label, choices, hint=hint)
    if len(choices) > 1:
        field.box.setPlaceholderText("Choose …")
        field.box.setCurrentIndex(-1)
    return field
