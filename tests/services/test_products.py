from functools import partial

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import NotFound, RuleRefused, UsageRefused
from capdesk.services import products


def test_that_a_product_is_added_active_and_listed_by_name(desk: Desk) -> None:
    for name in ("Shop", "App"):
        desk.write(partial(products.add_product, name=name))
    rows = desk.read(products.list_products)
    assert [(row.name, row.active) for row in rows] == [("App", True), ("Shop", True)]


def test_that_a_name_is_used_once(desk: Desk) -> None:
    desk.write(lambda session: products.add_product(session, "Shop"))
    with pytest.raises(RuleRefused, match='There is a product "Shop" already: choose another name'):
        desk.write(lambda session: products.add_product(session, " Shop "))
    assert len(desk.read(products.list_products)) == 1


def test_that_renaming_to_a_name_in_use_changes_nothing(desk: Desk) -> None:
    for name in ("Shop", "App"):
        desk.write(partial(products.add_product, name=name))
    with pytest.raises(RuleRefused, match='There is a product "Shop" already'):
        desk.write(lambda session: products.edit_product(session, "App", name="Shop"))
    assert [row.name for row in desk.read(products.list_products)] == ["App", "Shop"]


def test_that_what_is_not_given_stays(desk: Desk) -> None:
    made = desk.write(lambda session: products.add_product(session, "Shop"))
    stopped = desk.write(lambda session: products.edit_product(session, str(made.id), active=False))
    renamed = desk.write(lambda session: products.edit_product(session, "Shop", name="Store"))
    assert (stopped.name, stopped.active) == ("Shop", False)
    assert (renamed.name, renamed.active, renamed.created_at) == ("Store", False, made.created_at)


def test_that_an_unknown_product_and_an_empty_name_are_refused(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.write(lambda session: products.edit_product(session, "Shop", active=False))
    with pytest.raises(UsageRefused, match="The product needs a name"):
        desk.write(lambda session: products.add_product(session, " "))
