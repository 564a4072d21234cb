"""The desk itself: its zone, its owner, what a number without a country means, and the products it sells."""

import zoneinfo
from dataclasses import dataclass
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QFrame, QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.services.dates import zone_named
from capdesk.services.products import ProductRow, add_product, edit_product, list_products
from capdesk.services.settings import Settings, change_settings, get_settings
from capdesk.services.settings_locks import zone_is_fixed
from capdesk.views.forms.fields import ParsedField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.pages.settings.section import Outcome, Rows, SavedForm, Section, across, line_of, row_button
from capdesk.views.widgets import badge, button, long_text, named, text
from capdesk.views.workspace import Workspace

_FIXED = "Facts are dated in this zone, so it cannot change any more."
_FREE = "It turns moments into dates and weeks. Choose it now: it is fixed from the first fact on."


@dataclass(frozen=True)
class _Shown:
    settings: Settings
    fixed: bool
    zones: tuple[str, ...]
    products: tuple[ProductRow, ...]


class DeskSection(Section):
    key = "desk"
    title = "Desk"
    icon = "house"
    about = "Whose desk this is, and how it counts days."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.zone = ParsedField("zone", "Desk zone", lambda words: zone_named(words).key, hint=_FREE)
        self.owner = TextField("owner_name", "Owner")
        self.email = TextField(
            "owner_email", "Owner's e-mail address", required=False, hint="Offered as the sender of e-mails."
        )
        self.region = ParsedField(
            "phone_region", "Phone region", _region, hint="The country of numbers written without +, like US."
        )
        form = Form()
        form.add(self.zone, self.region)
        form.add(self.owner, self.email)
        self.card = SavedForm(workspace, "desk", form, _save, lambda _saved: self.reload())
        self.products = ProductsCard(workspace)
        self.column.addWidget(self.card)
        self.column.addWidget(self.products)

    def reload(self) -> None:
        self.read(_read, self._show)

    def _show(self, shown: _Shown) -> None:
        self.zone.line.setReadOnly(shown.fixed)
        self.zone.set_hint(_FIXED if shown.fixed else _FREE)
        if self.zone.line.completer() is None and not shown.fixed:
            self.zone.line.setCompleter(_completer(shown.zones, self))
        self.card.load({key: getattr(shown.settings, key) for key in self.card.form.fields})
        self.products.show_rows(shown.products)


class ProductsCard(QFrame):
    """What campaigns are for: add, rename, put aside."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "card-products")
        self.setProperty("frame-style", "card")
        self.workspace = workspace
        self.rows = Rows("products", "Products")
        self.outcome = Outcome("products-outcome")
        self.empty = text("No product yet: a campaign needs one.", "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(12)
        add = named(button("Add product…", self.add), "product-add")
        column.addLayout(across(text("Products", "strong"), add, stretch=0))
        about = "What campaigns are for. One that is put aside is offered no more; its campaigns stay."
        column.addWidget(text(about, "muted", wrap=True))
        for widget in (self.empty, self.rows, self.outcome):
            column.addWidget(widget)

    def show_rows(self, products: tuple[ProductRow, ...]) -> None:
        self.empty.setVisible(not products)
        self.rows.replace([self._row(one) for one in products])

    def add(self) -> None:
        self._dialog("Add a product", "Add", lambda desk, values: desk.write(lambda s: add_product(s, values["name"])))

    def rename(self, product: ProductRow) -> None:
        def save(desk: Desk, values: Values) -> ProductRow:
            return desk.write(lambda session: edit_product(session, str(product.id), name=values["name"]))

        self._dialog("Rename a product", "Rename", save, product.name)

    def switch(self, product: ProductRow) -> None:
        """Puts it aside, or takes it up again."""
        ref, active = str(product.id), not product.active
        self.workspace.write(
            "Changing a product",
            lambda desk: desk.write(lambda session: edit_product(session, ref, active=active)),
            owner=self,
            then=self._saved,
            failed=self.outcome.refuse(self.workspace),
        )

    def _row(self, product: ProductRow) -> QWidget:
        name, word = product.name, "Put aside" if product.active else "Take up"
        cells: list[QWidget] = [] if product.active else [badge("put aside")]
        cells += [
            row_button("Rename…", lambda: self.rename(product), f"product-rename-{product.id}", f"Rename {name}"),
            row_button(word, lambda: self.switch(product), f"product-switch-{product.id}", f"{word} {name}"),
        ]
        return line_of(long_text(name, None if product.active else "muted"), *cells)

    def _dialog(self, title: str, words: str, save: Any, name: str = "") -> None:
        field = TextField("name", "Name")
        field.set_value(name)
        FormDialog(self.workspace, title, Form(field), save, self._saved, save_words=words, parent=self).open()

    def _saved(self, _product: ProductRow) -> None:
        self.outcome.say("")
        self.workspace.read(self, "products", lambda desk: tuple(desk.read(list_products)), self.show_rows)


def _read(desk: Desk) -> _Shown:
    return desk.read(
        lambda session: _Shown(
            get_settings(session, desk.owner_id),
            zone_is_fixed(session),
            tuple(sorted(zoneinfo.available_timezones())),
            tuple(list_products(session)),
        )
    )


def _save(desk: Desk, values: Values) -> Settings:
    saved = desk.write(lambda session: change_settings(session, desk.owner_id, **cast(Any, values)))
    desk.zone = zone_named(saved.zone)
    return saved


def _region(words: str) -> str:
    if not (len(words) == 2 and words.isascii() and words.isalpha()):
        raise UsageRefused(f'"{words}" is no country; write its two letters, like US.')
    return words.upper()


def _completer(zones: tuple[str, ...], parent: QWidget) -> QCompleter:
    """Finds a zone by any part of its name."""
    completer = QCompleter(list(zones), parent)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setMaxVisibleItems(12)
    return completer
