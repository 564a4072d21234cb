"""The model of every list: true signals, a page at a time, and old rows until the new ones are there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from capdesk.bootstrap import Desk
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask
from capdesk.views.records.content import KEPT, PAGE
from capdesk.views.records.model import WAITING, RecordModel
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import PATIENCE_MS, Settle
from tests.views.records.numbers import MANY, numbers

Watched = Callable[[RecordModel], None]
NOW = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def watched(qtmodeltester: ModelTester) -> Watched:
    """Looks at a model, and at every signal of it from then on."""
    check: Watched = qtmodeltester.check
    return check


def read_whole(qtbot: QtBot, model: RecordModel, settle: Settle) -> RecordModel:
    model.ask(Ask())
    qtbot.waitUntil(lambda: model.ready and model.is_counted, timeout=PATIENCE_MS)
    settle()
    return model


def shown(model: RecordModel, row: int, key: str, role: int = Qt.ItemDataRole.DisplayRole) -> object:
    column = next(i for i, one in enumerate(model.listing.columns) if one.key == key)
    return model.index(row, column).data(role)


def look_at(qtbot: QtBot, model: RecordModel, row: int) -> None:
    model.visible = lambda: (row, row)
    model.look()
    qtbot.waitUntil(lambda: model.held(row) is not None, timeout=PATIENCE_MS)


@pytest.mark.parametrize("key", LISTINGS)
def test_that_every_list_is_a_sound_model(
    key: str, qtbot: QtBot, desk: Desk, workspace: Workspace, settle: Settle, watched: Watched
) -> None:
    ids = builders.running_experiment(desk, at=NOW - timedelta(days=2), bonus={"install_attended": "5"})
    member, facts = builders.member(desk), Facts(desk)
    builders.lead(desk)
    facts.event(ids.campaign, "install_attended", NOW, member)
    facts.call(ids.campaign, NOW, "Info", 200)
    model = RecordModel(workspace, LISTINGS[key])
    watched(model)
    read_whole(qtbot, model, settle)
    facts.call(ids.campaign, NOW + timedelta(minutes=1))
    model.reload()
    settle()
    watched(model)
    assert model.rowCount() > 0 or key not in ("campaigns", "experiments", "events", "calls", "leads", "team")
    assert model.rowCount(model.index(0, 0)) == 0


@pytest.fixture
def model(qtbot: QtBot, workspace: Workspace, settle: Settle) -> RecordModel:
    """200,000 rows."""
    return read_whole(qtbot, RecordModel(workspace, numbers()), settle)


@pytest.fixture
def short(qtbot: QtBot, workspace: Workspace, settle: Settle) -> RecordModel:
    """2,000 rows: Qt's own tester looks at each of them after every change."""
    return read_whole(qtbot, RecordModel(workspace, numbers(2000)), settle)


def test_that_a_long_list_knows_its_length_and_holds_one_page(model: RecordModel) -> None:
    assert model.rowCount() == MANY
    assert len(model.numbers()) <= 2 * PAGE


def test_that_a_row_far_away_is_read_when_it_is_looked_at(qtbot: QtBot, short: RecordModel, watched: Watched) -> None:
    watched(short)
    assert shown(short, 1999, "name") == WAITING
    assert shown(short, 1999, "name", Qt.ItemDataRole.UserRole) is None
    with qtbot.waitSignal(short.dataChanged, timeout=PATIENCE_MS):
        pass
    assert shown(short, 1999, "name") == "row 2000"


def test_that_rows_passed_on_the_way_are_not_read(qtbot: QtBot, model: RecordModel, settle: Settle) -> None:
    passed = range(10 * PAGE, MANY, 10 * PAGE)
    for row in passed:
        shown(model, row, "name")
    qtbot.waitUntil(lambda: model.held(passed[-1]) is not None, timeout=PATIENCE_MS)
    settle()
    assert sum(model.held(row) is not None for row in passed) == 1


def test_that_only_the_pages_looked_at_last_are_kept(qtbot: QtBot, workspace: Workspace, settle: Settle) -> None:
    model = read_whole(qtbot, RecordModel(workspace, numbers(10_000)), settle)
    for page in range(KEPT + 3):
        look_at(qtbot, model, page * PAGE)
    settle()
    assert len(model.numbers()) <= KEPT * PAGE
    assert model.held(0) is None


def test_that_the_next_page_is_there_before_it_is_needed(qtbot: QtBot, model: RecordModel) -> None:
    qtbot.waitUntil(lambda: model.held(PAGE) is not None, timeout=PATIENCE_MS)
    model.visible = lambda: (PAGE, PAGE + 20)
    model.look()
    qtbot.waitUntil(lambda: model.held(2 * PAGE) is not None, timeout=PATIENCE_MS)


def test_that_sorting_keeps_the_old_rows_until_the_new_ones_are_there(
    qtbot: QtBot, short: RecordModel, watched: Watched
) -> None:
    watched(short)
    short.ask(Ask(order="cost", descending=True))
    assert shown(short, 0, "name") == "row 1"
    assert short.rowCount() == 2000
    with qtbot.waitSignals([short.modelReset, short.counted], timeout=PATIENCE_MS):
        pass
    assert shown(short, 0, "name") == "row 2000"
    assert short.rowCount() == 2000


def test_that_a_filter_narrows_the_list_and_both_counts_are_known(
    qtbot: QtBot, short: RecordModel, settle: Settle, watched: Watched
) -> None:
    watched(short)
    with qtbot.waitSignal(short.arrived, timeout=PATIENCE_MS):
        short.ask(Ask("cost>19.95"))
    settle()
    assert [shown(short, row, "cost") for row in range(short.rowCount())] == [
        "$19.96", "$19.97", "$19.98", "$19.99", "$20.00",
    ]  # fmt: skip
    assert short.whole == 2000


def test_that_an_answer_nobody_waits_for_any_more_is_never_shown(
    qtbot: QtBot, model: RecordModel, settle: Settle
) -> None:
    seen: list[object] = []
    model.arrived.connect(lambda: seen.append(model.on_show.filter))
    model.ask(Ask("status:running"))
    model.ask(Ask("status:paused"))
    model.ask(Ask("name:199999"))
    qtbot.waitUntil(lambda: bool(seen), timeout=PATIENCE_MS)
    settle()
    assert seen == ["name:199999"]
    assert model.rowCount() == 1


def test_that_a_bad_filter_is_refused_in_one_sentence_and_the_rows_stay(qtbot: QtBot, model: RecordModel) -> None:
    with qtbot.waitSignal(model.refused) as told:
        model.ask(Ask("cost>much"))
    assert "cost>much" in told.args[0]
    assert model.on_show == Ask()
    assert shown(model, 0, "name") == "row 1"


def test_that_rows_are_inserted_and_removed_when_the_count_is_known_later(
    qtbot: QtBot, workspace: Workspace, settle: Settle
) -> None:
    model = RecordModel(workspace, numbers(1000))
    inserted: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    read_whole(qtbot, model, settle)
    assert model.rowCount() == 1000
    assert inserted in ([], [(PAGE, 999)])


def test_that_values_are_shown_for_people_and_kept_for_programs(model: RecordModel) -> None:
    assert shown(model, 122, "cost") == "$1.23"
    assert shown(model, 122, "cost", Qt.ItemDataRole.UserRole) == Decimal("1.230000")
    assert shown(model, 0, "at") == "20 Nov 2026 07:00"
    assert shown(model, 2, "hours") == "0.75"
    assert shown(model, 2, "day") == "4 Jan 2026"
    assert (shown(model, 0, "odd"), shown(model, 1, "odd")) == ("✓", "")
    assert shown(model, 6, "note") == "—"
    right = Qt.AlignmentFlag.AlignRight
    assert Qt.AlignmentFlag(int(str(shown(model, 0, "cost", Qt.ItemDataRole.TextAlignmentRole)))) & right


def test_that_a_change_during_a_reading_is_read_afterwards_and_never_cuts_it_short(
    qtbot: QtBot, model: RecordModel, settle: Settle
) -> None:
    resets: list[QModelIndex | None] = []
    model.modelReset.connect(lambda: resets.append(None))
    for _ in range(20):
        model.reload()
    qtbot.waitUntil(lambda: len(resets) == 2, timeout=PATIENCE_MS)
    settle()
    assert len(resets) == 2
