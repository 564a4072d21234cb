"""Words longer than any line: no page, and with it no window, becomes wider for them."""

import pytest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.views.places import Place, make_page
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.views.conftest import Settle

NAME = "Wide" * 50


@pytest.mark.parametrize("key", ["home", "campaign", "experiment", "evaluate", "campaigns", "experiments"])
def test_that_no_word_widens_a_page(qtbot: QtBot, workspace: Workspace, desk: Desk, settle: Settle, key: str) -> None:
    ids = builders.planned_experiment(desk, campaign=NAME, name=NAME, hypothesis="x" * 9_000)
    builders.move(desk, ids.experiment, "start")
    page = make_page(key, workspace)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    page.open(Place(key, None if key in ("home", "campaigns", "experiments") else 1))
    settle()
    assert page.minimumSizeHint().width() <= 1000
    for area in page.findChildren(QScrollArea):
        inner = area.widget()
        assert inner is None or not area.isVisible() or inner.width() <= area.viewport().width()
