"""`capdesk product`: what campaigns are for."""

import click

from capdesk.commands.base import App, printing, table
from capdesk.services import products
from capdesk.services.products import ProductRow

NONE_YET = 'There is no product yet. Start with: capdesk product add "NAME"'


@click.group()
def product() -> None:
    """Products, which campaigns are for."""


@product.command("add")
@click.argument("name")
@printing
def add(app: App, name: str) -> None:
    """Add a product."""
    made = app.desk.write(lambda session: products.add_product(session, name))
    app.show(made, f'Added product {made.id}, "{made.name}".')


@product.command("edit")
@click.argument("ref", metavar="PRODUCT")
@click.option("--name", help="Its new name.")
@click.option("--active/--inactive", default=None, help="Whether it is still sold.")
@printing
def edit(app: App, ref: str, name: str | None, active: bool | None) -> None:
    """Rename a product, or say whether it is still sold."""
    changed = app.desk.write(lambda session: products.edit_product(session, ref, name=name, active=active))
    app.show(changed, f'Product {changed.id} is "{changed.name}", {_state(changed)}.')


@product.command("list")
@printing
def list_(app: App) -> None:
    """All products."""
    rows = app.desk.read(products.list_products)
    app.show(rows, table(["id", "product", ""], [[r.id, r.name, _state(r)] for r in rows], empty=NONE_YET))


def _state(row: ProductRow) -> str:
    return "active" if row.active else "inactive"
