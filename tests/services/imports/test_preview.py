"""The preview says of each of the first rows exactly what an import of them does."""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.services.imports.detect import look_at
from capdesk.services.imports.job import Options
from capdesk.services.imports.preview import ROWS, Preview, preview, preview_costs
from capdesk.services.imports.profiles import Kind
from tests.support import builders
from tests.support.files import CALLS, EVENTS, HOURS, LEADS, START, TEAM, call, imported, size, written

_numbers = itertools.count()
WHEN = st.sampled_from(["2026-03-02T15:00:00Z", "2026-03-02 15:00", "2026-02-01T15:00:00Z", "2999-01-01T00:00:00Z", ""])
PHONE = st.sampled_from(["+13055550123", "(305) 555-0199", "555", ""])
EMAIL = st.sampled_from(["ana@example.com", "zoe@example.com", "no address", ""])
ID = st.sampled_from(["", "a", "b", "c"])
ROW: dict[Kind, tuple[tuple[str, ...], st.SearchStrategy[tuple[str, ...]]]] = {
    "calls": (
        CALLS,
        st.tuples(
            ID, WHEN, st.sampled_from(["30", "200", "3:20"]), st.sampled_from(["Busy", "info", "VM"]), PHONE, EMAIL
        ),
    ),
    "events": (
        EVENTS,
        st.tuples(
            ID, st.sampled_from(["install_attended", "paid_conversion", "qpc"]), WHEN, EMAIL, PHONE,
            st.sampled_from(["", "{}", "{"]),
        ),
    ),
    "timelogs": (
        HOURS,
        st.tuples(EMAIL, st.sampled_from(["2026-03-02", "2999-01-01", "x"]), st.sampled_from(["4", "25", ""]), ID),
    ),
    "leads": (LEADS, st.tuples(st.just("Bo"), PHONE, EMAIL, st.just("Rome"))),
    "team": (TEAM, st.tuples(st.sampled_from(["Bo", ""]), EMAIL, st.just("agent"), st.sampled_from(["20", "$5", "x"]))),
}  # fmt: skip


@pytest.fixture
def working(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START)
    builders.member(desk)
    builders.lead(desk)
    return desk


def seen(
    desk: Desk, path: Path, kind: Kind, campaign: str | None = "Spring", options: Options | None = None
) -> Preview:
    source = look_at(desk, path).source
    assert source is not None
    return preview(desk, source, kind, campaign=campaign, profile=None, options=options or Options())


@pytest.mark.parametrize("kind", ROW)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_that_a_preview_rejects_the_rows_an_import_rejects_and_no_others(
    working: Desk, tmp_path: Path, kind: Kind, data: st.DataObject
) -> None:
    header, row = ROW[kind]
    made = data.draw(st.lists(row, min_size=1, max_size=8))
    path = written(tmp_path / f"{next(_numbers)}.csv", header, made)
    campaign = None if kind in ("team", "timelogs") else "Spring"
    options = Options(allow_unattributed=True)
    shown = seen(working, path, kind, campaign, options)
    receipt = imported(working, kind, path, campaign, options)
    assert [(row.line, row.field, row.reason) for row in shown.rows if not row.taken] == [
        (one.line, one.field, one.reason) for one in receipt.rejects
    ]
    assert len(shown.rows) == receipt.read
    assert shown.known == receipt.duplicate


def test_that_a_preview_records_nothing(working: Desk, tmp_path: Path) -> None:
    before = size(working)
    working.changed = False
    path = written(tmp_path / "a.csv", CALLS, [call(n) for n in range(5)])
    assert [row.reason for row in seen(working, path, "calls", options=Options(save_as="x")).rows] == [""] * 5
    assert size(working) == before
    assert not working.changed
    assert list(tmp_path.glob("a.*")) == [path]


def test_that_values_are_shown_as_they_would_be_recorded(working: Desk, tmp_path: Path) -> None:
    row = ["x", "Mon, 02 Mar 2026 15:00:00 +0000", "30", "busy", "(305) 555-0123", "ANA@example.com"]
    shown = seen(working, written(tmp_path / "a.csv", CALLS, [row]), "calls")
    assert shown.rows[0].values == (
        "2026-03-02 10:00:00 EST", "30", "Busy", "+13055550123", "ana@example.com", "x",
    )  # fmt: skip


def test_that_a_mapping_is_tried_and_a_field_can_be_left_without_a_column(working: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ("call_id", "Began", *CALLS[2:]), [call("same"), call("same", seconds=31)])
    mapping = {"started_at": "Began"}
    assert "started_at" in seen(working, path, "calls").refused
    assert seen(working, path, "calls", options=Options(mapping=mapping)).rejected == 1
    assert seen(working, path, "calls", options=Options(mapping={**mapping, "call_id": ""})).rejected == 0
    assert imported(working, "calls", path, options=Options(mapping={**mapping, "call_id": ""})).landed == 2


def test_that_only_the_first_rows_are_looked_at(working: Desk, tmp_path: Path) -> None:
    made = [call(n, at=(START + timedelta(minutes=n)).isoformat()) for n in range(ROWS + 10)]
    shown = seen(working, written(tmp_path / "a.csv", CALLS, made), "calls")
    assert len(shown.rows) == ROWS


def test_that_rows_before_the_first_run_are_told_beside_their_values(working: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", CALLS, [call(at="2026-01-01T00:00:00Z")])
    shown = seen(working, path, "calls")
    assert "before its first run" in shown.refused
    assert [row.taken for row in shown.rows] == [True]


def test_that_without_a_campaign_the_values_are_looked_at_all_the_same(working: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", CALLS, [call(), call(outcome="VM")])
    assert [row.taken for row in seen(working, path, "calls", None).rows] == [True, False]


def test_that_a_cost_file_shows_its_statements(working: Desk, tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    path.write_text(
        '{"usage_records": [{"category": "totalprice", "usage_unit": "usd", "account_sid": "AC1", "price": "4.5",'
        ' "price_unit": "usd", "start_date": "2026-03-01", "end_date": "2026-03-01"}]}'
    )
    found = preview_costs(working, "twilio-usage", path)
    assert [row.values or row.reason for row in found.rows] == [("2026-03-01", "AC1", "4.500000")]
