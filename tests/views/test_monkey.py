"""Twenty thousand random events on the whole window: nothing breaks, nothing hangs, and the ledger stays true."""

import threading
from pathlib import Path

import pytest
import stamina
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.verify import verify
from tests.support.harmless import harmless, nowhere_to_ask
from tests.support.monkey import Monkey
from tests.support.rooms import room

EVENTS = 5_000
MOST_S = 120
"""A hang is longer; it takes about fifteen."""
LONGEST_S = 15
"""One event, on a computer that has much else to do."""


@pytest.mark.slow
@pytest.mark.qt_log_ignore("Unable to detect a", "does not support", extend=True)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_that_random_use_breaks_nothing(
    seed: int, qtbot: QtBot, qapp: QApplication, demo_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless(monkeypatch, tmp_path / "surroundings")
    nowhere_to_ask(demo_desk)
    with stamina.set_testing(True, attempts=1):
        with room(demo_desk) as here:
            monkey = Monkey(here, seed, EVENTS)
            try:
                monkey.run(MOST_S)
            finally:  # shown where the test fails
                print(f"seed {seed}, {EVENTS - monkey.left} events, slowest {monkey.slowest:.2f} s; at last:")
                print(*monkey.done, sep="\n")
            here.rest()
        assert monkey.slowest < LONGEST_S
    demo_desk.seal()
    assert demo_desk.read(verify).differences == ()
    assert [one.name for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()] == []
