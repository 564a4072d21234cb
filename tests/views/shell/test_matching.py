"""A few letters find a title."""

from hypothesis import given
from hypothesis import strategies as st

from capdesk.views.shell.matching import fits

TITLES = st.text(st.characters(whitelist_categories=("Ll", "Lu", "Nd", "Zs")), min_size=1, max_size=40)


def test_that_what_begins_so_comes_before_what_holds_it() -> None:
    ranked = [fits("import", title) or 0 for title in ("Import", "Imports", "Open imports", "Reimport")]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == 4


def test_that_first_letters_of_words_find_it() -> None:
    assert fits("nc", "New campaign…") is not None
    assert fits("newca", "New campaign…") is not None
    assert fits("cn", "New campaign…") is None


def test_that_every_word_must_fit() -> None:
    assert fits("sync now", "Sync now") is not None
    assert fits("sync later", "Sync now") is None


@given(TITLES)
def test_that_every_piece_of_a_title_finds_it(title: str) -> None:
    for word in title.split():
        assert fits(word, title) is not None
        assert fits(word[1:3], title) is not None


@given(st.text(max_size=60), st.text(max_size=300))
def test_that_any_text_is_answered(query: str, title: str) -> None:
    score = fits(query, title)
    assert score is None or 0 <= score <= 100


def test_that_a_hostile_title_costs_no_time() -> None:
    assert fits("a" * 40 + "b", "a " * 2000) is None
