"""What is remembered of a list survives a start, and never spoils one."""

from pathlib import Path
from typing import Any

import pytest

from capdesk.views.memory import Memory
from capdesk.views.records.habits import Habits
from tests.views.records.numbers import numbers

LISTING = numbers(1)
KEYS = [column.key for column in LISTING.columns]


def test_that_habits_survive_a_start(tmp_path: Path) -> None:
    told = Habits(list(reversed(KEYS)), {"name": 200}, {"note"}, ("cost", True))
    memory = Memory(tmp_path)
    told.save(memory, "numbers")
    memory.save()
    assert Habits.load(Memory(tmp_path), "numbers", LISTING) == told


def test_that_at_first_columns_stand_as_the_list_says(tmp_path: Path) -> None:
    assert Habits.load(Memory(tmp_path), "numbers", LISTING) == Habits(KEYS, {}, {"id"}, None)


def test_that_a_column_that_is_new_appears_and_one_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.put("list/numbers", {"order": ["cost", "gone", "name"], "hidden": ["gone", "cost"], "widths": {"gone": 99}})
    habits = Habits.load(memory, "numbers", LISTING)
    assert habits.order[:2] == ["cost", "name"]
    assert set(habits.order) == set(KEYS)
    assert habits.hidden == {"cost", "id"}
    assert habits.widths == {}


@pytest.mark.parametrize(
    "told",
    [
        {"order": "cost"},
        {"order": [1, None]},
        {"order": KEYS, "widths": {"name": "wide", "cost": -5, "at": 10**9}},
        {"order": KEYS, "hidden": KEYS},
        {"order": KEYS, "sort": ["gone", True]},
        {"order": KEYS, "sort": "cost", "widths": [1]},
    ],
)
def test_that_what_makes_no_sense_is_as_if_it_were_not_there(told: Any, tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.put("list/numbers", told)
    habits = Habits.load(memory, "numbers", LISTING)
    assert (habits.order, habits.widths, habits.sort) == (KEYS, {}, None)
    assert len(habits.hidden) < len(KEYS)
