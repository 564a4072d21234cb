"""Lists on the screen, with rows in them."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from capdesk.services.listings.model import Listing
from capdesk.views.records.table import RecordTable
from capdesk.views.workspace import Workspace
from tests.views.conftest import PATIENCE_MS, Settle
from tests.views.records.numbers import numbers

Opened = Callable[..., RecordTable]


@pytest.fixture
def opened(qtbot: QtBot, workspace: Workspace, settle: Settle) -> Opened:
    """A list that is shown and has been read."""

    def make(listing: Listing | str | None = None, filter: str = "") -> RecordTable:
        table = RecordTable(workspace, numbers() if listing is None else listing)
        qtbot.addWidget(table)
        table.resize(900, 560)
        table.show()
        table.set_filter(filter)
        qtbot.waitUntil(lambda: table.model.ready and table.model.is_counted, timeout=PATIENCE_MS)
        settle()
        return table

    return make
