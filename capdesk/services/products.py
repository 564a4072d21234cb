"""Products: what campaigns are for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from capdesk.models import Product
from capdesk.services import find


@dataclass(frozen=True)
class ProductRow:
    id: int
    name: str
    active: bool
    created_at: datetime


def add_product(session: Session, name: str) -> ProductRow:
    """Raises UsageRefused for a bad name, RuleRefused for one that is taken."""
    kept = find.new_name(name, "product")
    try:
        made = session.scalars(insert(Product).values(name=kept).returning(Product)).one()
    except IntegrityError as error:
        raise find.refused(error, _taken(kept)) from error
    return _row(made)


def edit_product(session: Session, ref: find.Ref, *, name: str | None = None, active: bool | None = None) -> ProductRow:
    """Changes what is given. Raises NotFound, UsageRefused, RuleRefused."""
    product = find.product(session, ref)
    if name is not None:
        product.name = find.new_name(name, "product")
    if active is not None:
        product.active = active
    find.flush(session, _taken(product.name))
    return _row(product)


def list_products(session: Session) -> list[ProductRow]:
    """By name."""
    return [_row(product) for product in session.scalars(select(Product).order_by(Product.name))]


def _row(product: Product) -> ProductRow:
    return ProductRow(product.id, product.name, product.active, product.created_at)


def _taken(name: str) -> str:
    return f'There is a product "{name}" already: choose another name.'
