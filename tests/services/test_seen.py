"""Edits by two people: the later one is told, and nothing of the earlier one is taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.services.campaigns import edit_campaign, show_campaign
from capdesk.services.experiments import edit_experiment, show_experiment
from capdesk.services.leads import edit_lead, show_lead
from capdesk.services.team import edit_member, list_members
from tests.support import builders

TODAY = date(2026, 3, 2)


@dataclass
class Edited:
    """One kind of record: how it is read, and changed."""

    read: Callable[[Session], Any]
    change: Callable[..., Any]
    field: str


@pytest.fixture(params=["campaign", "experiment", "member", "lead"])
def edited(request: pytest.FixtureRequest, desk: Desk) -> Edited:
    kind, ids = request.param, builders.planned_experiment(desk)
    if kind == "member":
        number = builders.member(desk)
        read = lambda s: next(one for one in list_members(s, TODAY) if one.id == number)  # noqa: E731
        return Edited(read, lambda s, **given: edit_member(s, number, today=TODAY, **given), "role")
    if kind == "lead":
        number = builders.lead(desk)
        return Edited(lambda s: show_lead(s, number).lead, lambda s, **given: edit_lead(s, number, **given), "name")
    if kind == "campaign":
        return Edited(
            lambda s: show_campaign(s, ids.campaign).campaign,
            lambda s, **given: edit_campaign(s, ids.campaign, **given),
            "name",
        )
    return Edited(
        lambda s: show_experiment(s, ids.experiment).experiment,
        lambda s, **given: edit_experiment(s, ids.experiment, **given),
        "hypothesis",
    )


def test_that_a_change_of_what_was_seen_is_refused_in_one_sentence(desk: Desk, edited: Edited) -> None:
    seen = {edited.field: getattr(desk.read(edited.read), edited.field)}
    desk.write(lambda session: edited.change(session, seen=seen, **{edited.field: "The earlier"}))
    with pytest.raises(RuleRefused, match=r"was changed meanwhile by another window; look at it again\.$"):
        desk.write(lambda session: edited.change(session, seen=seen, **{edited.field: "The later"}))
    assert getattr(desk.read(edited.read), edited.field) == "The earlier"


def test_that_what_was_seen_as_it_is_may_be_changed(desk: Desk, edited: Edited) -> None:
    for words in ("One", "Another"):
        seen = {edited.field: getattr(desk.read(edited.read), edited.field)}
        desk.write(lambda session: edited.change(session, seen=seen, **{edited.field: words}))  # noqa: B023
    assert getattr(desk.read(edited.read), edited.field) == "Another"
