"""Calls: what lands, what is known already, and to which experiment it belongs."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused, RuleRefused
from capdesk.models.base import LeadStatusName
from capdesk.services import leads
from capdesk.services.imports.import_calls import CHUNK
from capdesk.services.imports.job import Options
from tests.support import builders
from tests.support.files import CALLS, START, call, counts, imported, rows, size, written

FAR = "+13055550199"


@pytest.fixture
def calling(desk: Desk) -> Desk:
    """An experiment that runs since START, Ana and one lead."""
    builders.running_experiment(desk, at=START, bonus={"qpc": "5.00"})
    builders.member(desk)
    builders.lead(desk)
    return desk


def test_that_a_call_becomes_its_dial_conversation_and_qpc_and_nothing_more(calling: Desk, tmp_path: Path) -> None:
    outcomes = ("No Answer", "Busy", "Wrong #", "Not Interested", "Callback", "Info", "Schedule")
    made = [call(f"{o}{s}", seconds=s, outcome=o) for o in outcomes for s in (149, 150)]
    receipt = imported(calling, "calls", written(tmp_path / "calls.csv", CALLS, made))
    assert counts(receipt) == (14, 0, 0)
    assert receipt.warnings == []
    events = Counter(rows(calling, "SELECT event_type, attribution FROM performance_event"))
    assert events == {("dial_attempt", "run"): 14, ("conversation", "run"): 8, ("qpc", "run"): 3}
    tallied = rows(calling, "SELECT event_type, sum(count) FROM event_tally GROUP BY 1 ORDER BY 1")
    assert tallied == [("dial_attempt", 14), ("conversation", 8), ("qpc", 3)]
    assert rows(calling, "SELECT sum(cost_usd) FROM cost_rollup")[0][0] == 15


def test_that_the_same_file_again_lands_nothing_however_it_is_named_or_ordered(calling: Desk, tmp_path: Path) -> None:
    made = [call(n, at=f"2026-03-02T15:00:{n:02}Z") for n in range(10)]
    path = written(tmp_path / "calls.csv", CALLS, made)
    assert counts(imported(calling, "calls", path)) == (10, 0, 0)
    facts = size(calling)
    assert counts(imported(calling, "calls", path)) == (0, 10, 0)
    assert counts(imported(calling, "calls", path.rename(tmp_path / "export (2).csv"))) == (0, 10, 0)
    assert counts(imported(calling, "calls", written(path, CALLS, made[::-1], ";"))) == (0, 10, 0)
    overlapping = written(tmp_path / "more.csv", CALLS, [*made[5:], call("new")])
    assert counts(imported(calling, "calls", overlapping)) == (1, 5, 0)
    assert size(calling)["call"] == facts["call"] + 1


def test_that_two_identical_rows_both_land_and_only_a_third_one_lands_later(calling: Desk, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    assert counts(imported(calling, "calls", written(path, CALLS, [call(), call()]))) == (2, 0, 0)
    assert counts(imported(calling, "calls", written(path, CALLS, [call(), call()]))) == (0, 2, 0)
    assert counts(imported(calling, "calls", written(path, CALLS, [call(), call(), call()]))) == (1, 2, 0)
    assert counts(imported(calling, "calls", written(path, CALLS, [call()]))) == (0, 1, 0)


def test_that_an_id_names_one_call(calling: Desk, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    made = [call("a"), call("a"), call("a", seconds=31)]
    receipt = imported(calling, "calls", written(path, CALLS, made))
    assert counts(receipt) == (1, 1, 1)
    assert [(r.line, r.field, r.reason) for r in receipt.rejects] == [
        (4, "call_id", "differs from line 2, which has the same id; give each its own id.")
    ]
    receipt = imported(calling, "calls", written(path, CALLS, [call("a", outcome="Info")]))
    assert [r.reason for r in receipt.rejects] == [
        "differs from what is recorded under this id; reverse that record, then import this row under an id of its own."
    ]


FILE = st.lists(st.tuples(st.sampled_from(("", "", "a", "b")), st.integers(0, 2)), max_size=8)
_examples = itertools.count(1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FILE, min_size=1, max_size=4))
def test_that_any_files_land_each_call_as_often_as_one_of_them_holds_it(
    calling: Desk, tmp_path: Path, files: list[list[tuple[str, int]]]
) -> None:
    example = next(_examples)  # calls of its own, since all examples share one desk
    landed: Counter[int] = Counter()
    known: dict[str, int] = {}
    for file in files:
        made = [call(i and f"{i}{example}", at=f"2026-04-01T10:00:0{m}Z", seconds=example) for i, m in file]
        receipt = imported(calling, "calls", written(tmp_path / "calls.csv", CALLS, made))
        held = Counter(moment for number, moment in file if not number)
        fresh = sum((held - landed).values())
        landed |= held
        expected = Counter(landed=fresh, duplicate=held.total() - fresh)
        for number, moment in file:
            if number:
                new = number not in known
                same = known.setdefault(number, moment) == moment
                expected["landed" if new else "duplicate" if same else "rejected"] += 1
        assert counts(receipt) == (expected["landed"], expected["duplicate"], expected["rejected"])


def test_that_a_run_takes_what_starts_in_it_and_ends_before_its_end(desk: Desk, tmp_path: Path) -> None:
    ids = builders.running_experiment(desk, at=START)
    end = START + timedelta(hours=1)
    builders.move(desk, ids.experiment, "pause", at=end)
    builders.move(desk, ids.experiment, "resume", at=end + timedelta(hours=1))
    builders.member(desk)
    micro = timedelta(microseconds=1)
    moments = [START, end - micro, end, end + timedelta(hours=1) - micro, end + timedelta(hours=1)]
    made = [call(n, at=moment.isoformat()) for n, moment in enumerate(moments)]
    receipt = imported(desk, "calls", written(tmp_path / "calls.csv", CALLS, made))
    found = rows(desk, "SELECT source_id, attribution, experiment_id FROM call ORDER BY 1")
    one = ids.experiment
    expected = [("0", "run", one), ("1", "run", one), ("2", "no_run", None), ("3", "no_run", None), ("4", "run", one)]
    assert found == expected
    assert receipt.warnings == [
        "5 calls name a number that is no lead of this campaign; they landed without a lead.",
        "2 calls lie outside every run of this campaign; they belong to no experiment.",
    ]


def test_that_a_call_after_its_lead_left_counts_for_no_experiment(calling: Desk, tmp_path: Path) -> None:
    calling.write(
        lambda session: leads.set_lead_status(session, "+13055550123", LeadStatusName.DO_NOT_CONTACT, "Spring")
    )
    left = rows(calling, "SELECT exited_at FROM lead")[0][0]
    made = [call("before", at=left.isoformat()), call("after", at=(left + timedelta(microseconds=1)).isoformat())]
    receipt = imported(calling, "calls", written(tmp_path / "calls.csv", CALLS, made))
    assert rows(calling, "SELECT source_id, attribution FROM call ORDER BY 1 DESC") == [
        ("before", "run"),
        ("after", "lead_exited"),
    ]
    assert receipt.warnings == ["1 call came after its lead had left; it counts for no experiment."]


def test_that_calls_from_before_the_first_run_are_refused_as_a_whole(desk: Desk, tmp_path: Path) -> None:
    builders.running_experiment(desk, at=START, name="Scripts")
    builders.member(desk)
    made = [call(1), call(2, at="2026-02-28T12:00:00Z"), call(3, at="2026-02-27T12:00:00.5Z")]
    path = written(tmp_path / "calls.csv", CALLS, made)
    before = size(desk)
    with pytest.raises(RuleRefused) as refused:
        imported(desk, "calls", path)
    assert str(refused.value) == (
        '2 calls lie in campaign "Spring" before its first run (the earliest at 2026-02-27T12:00:00.500000Z), and '
        "would belong to no experiment for good: back-date its start with `capdesk experiment start NAME --at "
        "2026-02-27T12:00:00.500000Z`, or import with --allow-unattributed."
    )
    assert size(desk) == before
    receipt = imported(desk, "calls", path, options=Options(allow_unattributed=True))
    assert counts(receipt) == (3, 0, 0)


def test_that_a_campaign_that_never_ran_takes_calls_only_when_told_to(desk: Desk, tmp_path: Path) -> None:
    builders.planned_experiment(desk, name="Two calls")
    builders.member(desk)
    with pytest.raises(RuleRefused) as refused:
        imported(desk, "calls", written(tmp_path / "calls.csv", CALLS, [call(1)]))
    assert str(refused.value).startswith('1 call lies in campaign "Spring", which has never run an experiment')
    assert '`capdesk experiment start "Two calls" --at 2026-03-02T15:00:00Z`' in str(refused.value)


def test_that_a_twilio_export_is_metadata_and_makes_no_event(desk: Desk, tmp_path: Path) -> None:
    builders.planned_experiment(desk)
    header = ("Call Sid", "From", "To", "Direction", "Duration", "Start Time", "Recording Url")
    made = [
        ["CA1", FAR, "+13055550123", "Outgoing API", "200", "2026-01-01T10:00:00Z", "https://r/1"],
        ["CA2", FAR, "+13055550123", "Outgoing API", "20", "2026-01-01T10:00:00Z", "https://r/2"],
    ]
    path = written(tmp_path / "twilio.csv", header, made)
    assert counts(imported(desk, "calls", path)) == (2, 0, 0)
    assert counts(imported(desk, "calls", path)) == (0, 2, 0)
    assert rows(desk, "SELECT source, outcome, attribution FROM call") == [("twilio", None, None)] * 2
    assert rows(desk, "SELECT count(*) FROM performance_event") == [(0,)]
    recordings = rows(desk, "SELECT metadata_json->>'Recording Url', phone FROM call_detail ORDER BY call_id")
    assert recordings == [("https://r/1", "+13055550123"), (None, "+13055550123")]


def test_that_unknown_numbers_and_other_columns_lie_apart_from_the_facts(calling: Desk, tmp_path: Path) -> None:
    header = (*CALLS, "list")
    made = [[*call(1), "north"], [*call(2)[:4], FAR, "", ""]]
    imported(calling, "calls", written(tmp_path / "calls.csv", header, made))
    known, unknown = rows(
        calling,
        "SELECT c.lead_id, d.phone, d.metadata_json FROM call c JOIN call_detail d ON d.call_id = c.id ORDER BY c.id",
    )
    assert known == (1, None, {"list": "north"})
    assert unknown == (None, FAR, None)


def test_that_a_dry_run_tells_the_same_and_records_nothing(calling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1), call(1, seconds=31), call(2, at="2026-03-02")])
    before = size(calling)
    tried = imported(calling, "calls", path, options=Options(dry_run=True))
    assert (tried.dry_run, tried.batch, tried.rejects_file) == (True, None, None)
    assert size(calling) == before
    assert list(tmp_path.glob("*.rejects*")) == []
    done = imported(calling, "calls", path)
    assert (counts(done), done.rejects) == (counts(tried), tried.rejects)


def test_that_rejected_rows_can_be_corrected_and_imported_again(calling: Desk, tmp_path: Path) -> None:
    made = [call(1, outcome="Voicemail"), call(2), call(2, seconds=31), call(3, at="2026-03-02T15:00:00")]
    path = written(tmp_path / "calls.csv", CALLS, made)
    receipt = imported(calling, "calls", path)
    assert [(r.line, r.field) for r in receipt.rejects] == [(2, "outcome"), (4, "call_id"), (5, "started_at")]
    rejects = tmp_path / "calls.rejects.csv"
    assert receipt.rejects_file == str(rejects)
    text = rejects.read_text("utf-8-sig")
    assert [line.split(",")[6] for line in text.splitlines()] == ["_line", "2", "4", "5"]
    corrected = text.replace("Voicemail", "No Answer").replace("\n2,", "\n2b,").replace(":00:00,", ":00:00Z,")
    rejects.write_text(corrected, "utf-8")
    again = imported(calling, "calls", rejects)
    assert (counts(again), again.rejects_file) == ((3, 0, 0), None)


def test_that_rejected_rows_never_overwrite_a_file_that_is_there(calling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1, outcome="Voicemail")])
    assert imported(calling, "calls", path).rejects_file == str(tmp_path / "calls.rejects.csv")
    assert imported(calling, "calls", path).rejects_file == str(tmp_path / "calls.rejects-2.csv")
    again = imported(calling, "calls", tmp_path / "calls.rejects-2.csv")
    assert again.rejects_file == str(tmp_path / "calls.rejects-3.csv")


def test_that_without_a_place_for_rejected_rows_nothing_lands(calling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "calls.csv", CALLS, [call(1), call(2, outcome="Voicemail")])
    before = size(calling)
    with pytest.raises(FileRefused, match="name another place"):
        imported(calling, "calls", path, options=Options(rejects=tmp_path / "missing" / "r.csv"))
    assert size(calling) == before


def test_that_a_file_of_several_chunks_is_one_file(calling: Desk, tmp_path: Path) -> None:
    seconds = range(CHUNK + 5)
    made = [call("" if n % 5 == 4 else n, at=(START + timedelta(seconds=n)).isoformat()) for n in seconds]
    made[-1] = call(1, at=(START + timedelta(seconds=1)).isoformat())
    made[-2] = call(2, outcome="Info")
    made[-3] = call("last", outcome="Perhaps")
    made[9] = made[4]
    path = written(tmp_path / "calls.csv", CALLS, made)
    receipt = imported(calling, "calls", path)
    assert counts(receipt) == (len(made) - 3, 1, 2)
    assert [r.line for r in receipt.rejects] == [CHUNK + 4, CHUNK + 5]
    assert counts(imported(calling, "calls", path)) == (0, len(made) - 2, 2)
    dials = rows(calling, "SELECT sum(count) FROM event_tally WHERE event_type = 'dial_attempt'")
    assert dials == [(len(made) - 3,)]


def test_that_a_file_without_rows_says_so(calling: Desk, tmp_path: Path) -> None:
    receipt = imported(calling, "calls", written(tmp_path / "calls.csv", CALLS, []))
    assert (receipt.read, receipt.warnings) == (0, ["The file has no rows."])


def test_that_the_moment_of_recording_bounds_what_can_have_happened(calling: Desk, tmp_path: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    receipt = imported(calling, "calls", written(tmp_path / "calls.csv", CALLS, [call(1, at=soon)]))
    assert [r.reason for r in receipt.rejects] == [
        f"'{soon}' lies in the future; correct it or import it once it has happened."
    ]
