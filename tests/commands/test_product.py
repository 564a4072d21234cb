from tests.conftest import Capdesk


def test_that_products_are_added_edited_and_listed(capdesk: Capdesk) -> None:
    assert capdesk("product", "add", "Shop").out == 'Added product 1, "Shop".\n'
    assert capdesk("product", "edit", "shop", "--name", "Store", "--inactive").code == 0
    rows = capdesk("product", "list", "--json").json
    assert [(row["id"], row["name"], row["active"]) for row in rows] == [(1, "Store", False)]
    assert "1  Store" in capdesk("product", "list").out


def test_that_an_empty_desk_says_what_to_do_first(capdesk: Capdesk) -> None:
    assert "There is no product yet. Start with: capdesk product add" in capdesk("product", "list").out
    assert capdesk("product", "list", "--json").json == []


def test_that_a_name_in_use_is_one_sentence_and_exit_code_1(capdesk: Capdesk) -> None:
    capdesk("product", "add", "Shop")
    ran = capdesk("product", "add", "Shop")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == 'capdesk: There is a product "Shop" already: choose another name.\n'


def test_that_an_unreadable_command_line_is_exit_code_2(capdesk: Capdesk) -> None:
    assert capdesk("product", "add").code == 2
    assert capdesk("product", "add", " ").code == 2
