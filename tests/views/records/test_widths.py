"""Columns as wide as what is in them: room is shared, and only texts give way."""

from hypothesis import given
from hypothesis import strategies as st

from capdesk.views.records.calm import AIR, NARROWEST, READABLE, shared_out

KEYS = "abcdefgh"
WIDTHS = st.dictionaries(st.sampled_from(KEYS), st.integers(44, 400), min_size=1)
TEXTS = st.frozensets(st.sampled_from(KEYS))


@given(WIDTHS, TEXTS, st.integers(0, 4000), st.sampled_from([100, 200]))
def test_that_nothing_is_cut_where_all_have_room(
    wanted: dict[str, int], texts: frozenset[str], spare: int, scale: int
) -> None:
    made = shared_out(wanted, texts, sum(wanted.values()) + spare, scale)
    more = {made[key] - wanted[key] for key in wanted}
    assert len(more) == 1
    assert 0 <= more.pop() <= AIR * scale // 100
    assert sum(made.values()) <= sum(wanted.values()) + spare


@given(WIDTHS, TEXTS, st.integers(1, 4000), st.sampled_from([100, 200]))
def test_that_only_texts_give_way_the_widest_first_and_stay_readable(
    wanted: dict[str, int], texts: frozenset[str], missing: int, scale: int
) -> None:
    room = sum(wanted.values()) - missing
    made = shared_out(wanted, texts, room, scale)
    assert all(made[key] == wanted[key] for key in wanted if key not in texts)
    cut = [made[key] for key in wanted if made[key] < wanted[key]]
    assert len(set(cut)) <= 1, "cut to one width"
    assert all(made[key] <= width for width in cut for key in texts & wanted.keys())
    fits = sum(made.values()) <= room
    assert all(width >= (NARROWEST if fits else READABLE) * scale // 100 for width in cut)
