"""The form of a campaign, new or edited."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter

from capdesk.bootstrap import Desk
from capdesk.models.base import CampaignStatus
from capdesk.services.campaigns import CampaignDetails, CampaignRow, add_campaign, edit_campaign, show_campaign
from capdesk.services.products import add_product, list_products
from capdesk.views.forms.fields import ChoiceField, DateField, MoneyField, NotesField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.page import Page
from capdesk.views.pages.choices import Choices, with_choices

STATUSES = [
    (CampaignStatus.PLANNED, "planned"),
    (CampaignStatus.ACTIVE, "active: experiments may start"),
    (CampaignStatus.PAUSED, "paused"),
    (CampaignStatus.COMPLETED, "completed"),
]


def new_campaign(page: Page) -> None:
    """Asks for a campaign and shows it."""

    def ask(choices: Choices) -> None:
        form = _form(choices)
        if len(choices.products) == 1:
            form.fields["product"].set_value(choices.products[0][1])
        form.fields["status"].set_value(CampaignStatus.ACTIVE)
        intro = "A campaign is a long-lived thesis. It owns leads, and experiments run in it one at a time."
        FormDialog(
            page.workspace, "New campaign", form, _add, lambda made: page.workspace.go("campaign", made.id),
            save_words="Add campaign", intro=intro, parent=page,
        ).open()  # fmt: skip

    with_choices(page, ask)


def change_campaign(page: Page, number: int) -> None:
    """Edits a campaign as it is now; its status is set here too, by hand and by nobody else."""

    def known(choices: Choices) -> None:
        page.read(
            lambda desk: desk.read(lambda session: show_campaign(session, number)),
            lambda details: ask(choices, details),
            key="edit",
        )

    def ask(choices: Choices, details: CampaignDetails) -> None:
        form, row = _form(choices), details.campaign
        now = vars(row) | {"description": details.description}
        seen = {key: now[key] for key in form.fields}
        form.set_values(seen)
        FormDialog(
            page.workspace,
            f"Edit {row.name}",
            form,
            lambda desk, values: _edit(desk, row.id, values, seen),
            parent=page,
        ).open()

    with_choices(page, known)


def _form(choices: Choices) -> Form:
    product = TextField("product", "Product", hint="What you sell. A new name makes a new product.")
    completer = QCompleter([name for _, name in choices.products], product.line)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    product.line.setCompleter(completer)
    form = Form(TextField("name", "Name", placeholder="Roofers Q4"), product)
    form.add(ChoiceField("status", "Status", STATUSES))
    form.add(DateField("start_date", "Starts on", required=False), DateField("end_date", "Ends on", required=False))
    hint = "Shown beside what is spent, never enforced: experiments have the caps."
    form.add(MoneyField("capital_budget_usd", "Capital budget in dollars", required=False, hint=hint))
    form.add(NotesField("description", "Description", required=False))
    return form


def _add(desk: Desk, values: Values) -> CampaignRow:
    def add(session: Any) -> CampaignRow:
        product = _product(session, values["product"])
        return add_campaign(session, product, values["name"], desk.owner_id, **_fields(values))

    return desk.write(add)


def _edit(desk: Desk, number: int, values: Values, seen: Values) -> CampaignRow:
    def edit(session: Any) -> CampaignRow:
        product = _product(session, values["product"])
        return edit_campaign(session, number, name=values["name"], product=product, seen=seen, **_fields(values))

    return desk.write(edit)


def _product(session: Any, name: str) -> int:
    """The product of that name in whatever case; a new one where there is none."""
    known = {one.name.casefold(): one.id for one in list_products(session)}
    return known.get(name.casefold()) or add_product(session, name).id


def _fields(values: Values) -> Any:
    kept = {key: values[key] for key in ("status", "start_date", "end_date", "capital_budget_usd")}
    return kept | {"description": values["description"] or ""}
