"""Back and forward, as in a browser."""

from hypothesis import given
from hypothesis import strategies as st

from capdesk.views.places import Place
from capdesk.views.shell.history import History

HOME, LEADS, ONE = Place("home"), Place("leads"), Place("experiment", 1)
STEPS = st.lists(st.sampled_from([HOME, LEADS, ONE, -1, 1]), max_size=60)


def test_that_back_leads_to_where_one_was_and_forward_returns() -> None:
    history = History()
    for place in (HOME, LEADS, ONE):
        history.visit(place)
    back = history.move(-1)
    assert back is not None
    assert back.place == LEADS
    forward = history.move(1)
    assert forward is not None
    assert forward.place == ONE
    assert history.move(1) is None


def test_that_going_on_from_the_middle_forgets_what_lay_ahead() -> None:
    history = History()
    for place in (HOME, LEADS):
        history.visit(place)
    history.move(-1)
    history.visit(ONE)
    assert not history.can(1)
    assert history.recent() == [HOME]


@given(STEPS)
def test_that_it_agrees_with_two_stacks(steps: list[Place | int]) -> None:
    """The way every browser does it."""
    history, behind, ahead = History(), list[Place](), list[Place]()
    now: Place | None = None
    for step in steps:
        if isinstance(step, Place):
            history.visit(step)
            if step != now:
                behind += [now] if now is not None else []
                now, ahead = step, []
        elif history.move(step) is not None:
            assert now is not None
            if step < 0:
                ahead.append(now)
                now = behind.pop()
            else:
                behind.append(now)
                now = ahead.pop()
        assert (history.current.place if history.current else None) == now
        assert (history.can(-1), history.can(1)) == (bool(behind), bool(ahead))
