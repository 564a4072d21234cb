"""Filters written by menus are filters as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capdesk.services.listings.filters import Term, terms
from capdesk.views.records.terms import choices_in, filtered_columns, term, terms_of, with_term, without, words

KEYS = ["cost", "name", "status"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (">10", "cost>10"),
        ("> 10", "cost>10"),
        ("5..20", "cost:5..20"),
        ("two words", 'cost:"two words"'),
        ('"as it is"', 'cost:"as it is"'),
        ('5" pipe', 'cost:"5"" pipe"'),
        ("-", "cost:-"),
        ("=12", "cost=12"),
    ],
)
def test_that_what_is_typed_for_a_column_becomes_one_word(typed: str, expected: str) -> None:
    assert term("cost", typed) == expected
    assert len(terms(expected)) == 1


def test_that_a_columns_words_are_replaced_and_all_else_stays() -> None:
    typed = 'lena cost>10 -cost:5 name:"Ana Diaz" COST<3'
    assert terms_of(typed, "cost") == ["cost>10", "-cost:5", "COST<3"]
    assert without(typed, "cost") == 'lena name:"Ana Diaz"'
    assert with_term(typed, "cost:7", "cost") == 'lena name:"Ana Diaz" cost:7'
    assert filtered_columns(typed, KEYS) == {"cost", "name"}


def test_that_the_choices_of_a_filter_are_recognized() -> None:
    assert choices_in('outcome:"No Answer,Busy" -outcome:Info', "outcome") == {"no answer", "busy"}
    assert choices_in("outcome:no_answer", "outcome") == {"no answer"}


def shown(found: list[Term]) -> list[tuple[str | None, str, str]]:
    return [(one.key, one.sign, one.value) for one in found]


plain = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda one: one.strip()
)


@given(st.lists(st.tuples(st.sampled_from(KEYS), plain), max_size=4), st.sampled_from(KEYS))
def test_that_taking_a_column_out_leaves_the_other_terms_as_they_were(parts: list[tuple[str, str]], key: str) -> None:
    typed = " ".join(term(column, f'"{value.replace(chr(34), "")}"') for column, value in parts)
    left = [one for one in terms(typed) if one.key != key]
    assert shown(terms(without(typed, key))) == shown(left)


@given(st.text(max_size=60))
def test_that_no_text_is_lost_between_the_words(typed: str) -> None:
    assert "".join("".join(words(typed)).split()) == "".join(typed.split())
