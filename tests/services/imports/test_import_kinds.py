"""Events, hours, leads, team and provider charges: what lands, what is known already, what is refused."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import FileRefused, NotFound, RuleRefused, UsageRefused
from capdesk.models.base import CampaignStatus
from capdesk.services.dates import business_date
from capdesk.services.imports.job import Options
from tests.support import builders
from tests.support.files import EVENTS, HOURS, LEADS, START, TEAM, counts, imported, rows, size, written

LEAD, FAR = "+13055550123", "+13055550199"


def event(
    number: str = "", kind: str = "install_attended", at: str = "2026-03-02T15:00:00Z", phone: str = ""
) -> list[str]:
    return [number, kind, at, "ana@example.com", phone, ""]


@pytest.fixture
def selling(desk: Desk) -> Desk:
    builders.running_experiment(desk, at=START, bonus={"paid_conversion": "25.00"})
    builders.member(desk)
    builders.lead(desk)
    return desk


def test_that_an_event_earns_its_bonus_once_however_often_it_is_imported(selling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "events.csv", EVENTS, [event("e1", "paid_conversion", phone=LEAD)])
    assert counts(imported(selling, "events", path)) == (1, 0, 0)
    assert counts(imported(selling, "events", path)) == (0, 1, 0)
    assert rows(selling, "SELECT bonus_amount_usd FROM bonus_event") == [(25,)]
    assert rows(selling, "SELECT sum(cost_usd) FROM cost_rollup WHERE source = 'bonus'") == [(25,)]
    assert rows(selling, "SELECT status FROM lead") == [("paid_customer",)]


def test_that_a_second_paid_conversion_of_a_lead_never_counts(selling: Desk, tmp_path: Path) -> None:
    both = [event("e1", "paid_conversion", "2026-03-03T15:00:00Z", LEAD), event("e2", "paid_conversion", phone=LEAD)]
    receipt = imported(selling, "events", written(tmp_path / "events.csv", EVENTS, both))
    counted = rows(selling, "SELECT source_id, attribution FROM explicit_event ORDER BY 1")
    assert counted == [("e1", "lead_exited"), ("e2", "run")]
    assert receipt.warnings == ["1 event came after its lead had left; it counts for no experiment."]
    again = imported(
        selling, "events", written(tmp_path / "more.csv", EVENTS, [event("e3", "paid_conversion", phone=LEAD)])
    )
    assert counts(again) == (1, 0, 0)
    assert rows(selling, "SELECT count(*) FROM bonus_event") == [(1,)]


def test_that_identical_events_without_an_id_land_as_often_as_a_file_holds_them(selling: Desk, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    assert counts(imported(selling, "events", written(path, EVENTS, [event()] * 2))) == (2, 0, 0)
    assert counts(imported(selling, "events", written(path, EVENTS, [event()] * 3))) == (1, 2, 0)
    found = imported(
        selling, "events", written(path, EVENTS, [event("a"), event("a", "install_scheduled"), event("a")])
    )
    assert counts(found) == (1, 1, 1)
    assert [(r.line, r.field) for r in found.rejects] == [(3, "event_id")]


def test_that_events_are_attributed_by_the_run_their_moment_lies_in(desk: Desk, tmp_path: Path) -> None:
    ids = builders.running_experiment(desk, at=START)
    end = START + timedelta(days=1)
    builders.move(desk, ids.experiment, "complete", at=end)
    second = builders.running_experiment(desk, name="Second", at=end)
    builders.member(desk)
    moments = [START, end - timedelta(microseconds=1), end]
    made = [event(f"{n}", at=moment.isoformat(), phone=FAR) for n, moment in enumerate(moments)]
    receipt = imported(desk, "events", written(tmp_path / "events.csv", EVENTS, made))
    found = rows(desk, "SELECT experiment_id FROM explicit_event ORDER BY source_id")
    assert found == [(ids.experiment,), (ids.experiment,), (second.experiment,)]
    assert receipt.warnings == ["3 events name a number that is no lead of this campaign; they landed without a lead."]
    assert rows(desk, "SELECT phone FROM event_detail") == [(FAR,)] * 3


def test_that_events_from_before_the_first_run_are_refused_as_a_whole(selling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "events.csv", EVENTS, [event(), event(at="2026-02-01T12:00:00Z")])
    before = size(selling)
    with pytest.raises(RuleRefused, match=r"experiment start NAME --at 2026-02-01T12:00:00Z"):
        imported(selling, "events", path)
    assert size(selling) == before
    receipt = imported(selling, "events", path, options=Options(allow_unattributed=True))
    assert receipt.warnings == ["1 event lies outside every run of this campaign; it belongs to no experiment."]


def test_that_hours_cost_the_rate_of_their_date_and_land_once(selling: Desk, tmp_path: Path) -> None:
    made = [["ana@example.com", "2026-03-02", "7.5", "t1"], ["ANA@example.com", "2026-03-03", "8", ""]]
    path = written(tmp_path / "hours.csv", HOURS, made)
    assert counts(imported(selling, "timelogs", path, campaign=None)) == (2, 0, 0)
    assert counts(imported(selling, "timelogs", path)) == (0, 2, 0)
    costs = rows(selling, "SELECT date, cost_usd, experiment_id FROM cost_rollup ORDER BY 1")
    assert costs == [(date(2026, 3, 2), Decimal(150), 1), (date(2026, 3, 3), Decimal(160), 1)]


def test_that_hours_of_nobody_known_or_for_another_campaign_are_rejected(selling: Desk, tmp_path: Path) -> None:
    builders.campaign(selling, "Autumn")
    builders.member(selling, "bob@example.com", campaign="Autumn", name="Bob")
    builders.member(selling, "cat@example.com", campaign=None, name="Cat")
    tomorrow = business_date(selling.clock.now(), selling.zone) + timedelta(days=1)
    days = {"bob": "2026-03-02", "cat": "2026-03-02", "dan": "2026-03-02", "ana": f"{tomorrow}"}
    made = [[f"{name}@example.com", day, "8", ""] for name, day in days.items()]
    receipt = imported(selling, "timelogs", written(tmp_path / "hours.csv", HOURS, made))
    assert [(r.line, r.field, r.reason) for r in receipt.rejects] == [
        (2, "email", 'bob@example.com worked for another campaign ("Autumn") on 2026-03-02.'),
        (3, "email", "cat@example.com was assigned to no campaign on 2026-03-02."),
        (4, "email", "'dan@example.com' is the e-mail of no team member; add the member or correct it."),
        (5, "date", f"{tomorrow} lies in the future; log hours once they have been worked."),
    ]


def test_that_a_lead_is_its_number_and_changed_contact_data_is_rejected(selling: Desk, tmp_path: Path) -> None:
    made = [["Zoe", FAR, "zoe@example.com", "Miami"], ["Zoe", "(305) 555-0199", "zoe@example.com", "Miami"]]
    path = written(tmp_path / "leads.csv", LEADS, made)
    assert counts(imported(selling, "leads", path)) == (1, 1, 0)
    assert counts(imported(selling, "leads", path)) == (0, 2, 0)
    renamed = imported(selling, "leads", written(path, LEADS, [["Zara", FAR, "zoe@example.com", "Miami"]]))
    assert [r.reason for r in renamed.rejects] == [
        "differs from what is recorded of this number; change it with: capdesk lead edit."
    ]


def test_that_a_lead_added_by_hand_is_the_same_in_a_file(selling: Desk, tmp_path: Path) -> None:
    receipt = imported(selling, "leads", written(tmp_path / "leads.csv", LEADS, [["", LEAD, "", ""]]))
    assert counts(receipt) == (0, 1, 0)


def test_that_members_are_known_by_their_address(desk: Desk, tmp_path: Path) -> None:
    builders.campaign(desk)
    made = [["Ana", "ana@example.com", "closer", "25"], ["Bob", "bob@example.com", "", "$20.50"]]
    path = written(tmp_path / "team.csv", TEAM, made)
    assert counts(imported(desk, "team", path)) == (2, 0, 0)
    assert counts(imported(desk, "team", path)) == (0, 2, 0)
    rates = "SELECT email, hourly_rate_usd FROM team_member m JOIN member_rate r ON r.team_member_id = m.id ORDER BY 1"
    assert rows(desk, rates) == [("ana@example.com", 25), ("bob@example.com", Decimal("20.5"))]
    assert rows(desk, "SELECT count(*) FROM member_assignment") == [(2,)]
    changed = [
        ["Ana", "ana@example.com", "closer", "30"],
        ["Cat", "cat@example.com", "", "1"],
        ["C", "cat@example.com", "", "1"],
    ]
    receipt = imported(desk, "team", written(path, TEAM, changed), campaign=None)
    assert counts(receipt) == (1, 0, 2)
    assert [(r.line, r.reason) for r in receipt.rejects] == [
        (2, "differs from what is recorded of this address; change it with: capdesk team edit."),
        (4, "differs from line 3, which has the same address."),
    ]


def test_that_a_kind_of_a_campaign_needs_one_that_exists(desk: Desk, tmp_path: Path) -> None:
    builders.campaign(desk, "Spring", status=CampaignStatus.PLANNED)
    path = written(tmp_path / "leads.csv", LEADS, [["Zoe", FAR, "", ""]])
    with pytest.raises(UsageRefused, match=r"^Leads belong to a campaign: name it with --campaign.$"):
        imported(desk, "leads", path, campaign=None)
    with pytest.raises(NotFound, match=r'There is no campaign "Sprig": did you mean "Spring"?'):
        imported(desk, "leads", path, campaign="Sprig")


def usage(day: str, price: str, **changes: Any) -> dict[str, Any]:
    stated = {"account_sid": "AC1", "category": "totalprice", "price": price, "price_unit": "usd", "as_of": day}
    return stated | {"start_date": day, "end_date": day} | changes


def answer(tmp_path: Path, *records: dict[str, Any]) -> Path:
    path = tmp_path / "usage.json"
    uri = "/Usage/Records/Daily.json?IncludeSubaccounts=false"
    path.write_text(json.dumps({"uri": uri, "first_page_uri": uri, "next_page_uri": None, "usage_records": records}))
    return path


def test_that_a_restated_day_records_the_difference_and_the_same_file_nothing(desk: Desk, tmp_path: Path) -> None:
    first = [usage("2026-03-02", "40.00"), usage("2026-03-02", "12", category="calls"), usage("2026-03-03", "5")]
    receipt = imported(desk, "twilio-usage", answer(tmp_path, *first), campaign=None)
    assert (counts(receipt), receipt.rejects_file) == ((3, 0, 0), None)
    assert counts(imported(desk, "twilio-usage", answer(tmp_path, *first), campaign=None)) == (0, 3, 0)
    restated = answer(tmp_path, usage("2026-03-02", "43.10"))
    assert counts(imported(desk, "twilio-usage", restated, campaign=None)) == (1, 0, 0)
    amounts = rows(desk, "SELECT usage_date, amount_usd, stated_usd FROM provider_charge ORDER BY id")
    assert amounts == [
        (date(2026, 3, 2), Decimal(40), Decimal(40)),
        (date(2026, 3, 3), Decimal(5), Decimal(5)),
        (date(2026, 3, 2), Decimal("3.1"), Decimal("43.1")),
    ]


def test_that_rejected_usage_records_are_told_and_the_other_days_land(desk: Desk, tmp_path: Path) -> None:
    found = answer(tmp_path, usage("2026-03-02", "40.00"), usage("2026-03-03", "5", price_unit="eur"))
    receipt = imported(desk, "twilio-usage", found, campaign=None)
    assert counts(receipt) == (1, 0, 1)
    assert receipt.rejects[0].field == "price_unit"
    assert list(tmp_path.glob("*rejects*")) == []


def test_that_google_rows_are_summed_into_their_grain_and_recorded_once(desk: Desk, tmp_path: Path) -> None:
    row = {
        "billing_account_id": "0123-4567",
        "service": {"id": "S1", "description": "Compute"},
        "sku": {"id": "K1", "description": "Disk"},
        "usage_start_time": "2026-03-02 07:00:00 UTC",
        "project": {"id": "outreach", "labels": []},
        "labels": [{"key": "campaign", "value": "spring"}],
        "cost": 1.25,
        "currency": "USD",
        "credits": [{"amount": -0.25}],
        "invoice": {"month": "202603"},
        "cost_type": "regular",
    }
    path = tmp_path / "billing.jsonl"
    path.write_text("\n".join([json.dumps(row)] * 3))
    assert counts(imported(desk, "gcp-billing", path, campaign=None)) == (3, 0, 0)
    assert counts(imported(desk, "gcp-billing", path, campaign=None)) == (0, 3, 0)
    charged = rows(desk, "SELECT label, project, amount_usd FROM provider_charge")
    assert charged == [("campaign=spring", "outreach", Decimal(3))]


def test_that_a_file_of_whole_days_takes_back_what_it_no_longer_names(desk: Desk, tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "billing_account_id": "0123-4567",
        "service": {"id": "S1", "description": "Compute"},
        "sku": {"id": "K1", "description": "Disk"},
        "usage_start_time": "2026-03-31T07:00:00Z",
        "project": {"id": "outreach", "labels": []},
        "labels": [],
        "cost": 1.25,
        "currency": "USD",
        "credits": [],
        "invoice": {"month": "202603"},
        "cost_type": "regular",
    }
    path = tmp_path / "billing.jsonl"
    path.write_text(json.dumps(row))
    imported(desk, "gcp-billing", path, campaign=None)
    path.write_text(json.dumps(row | {"invoice": {"month": "202604"}}))
    imported(desk, "gcp-billing", path, campaign=None, options=Options(whole_days=True))
    charged = rows(desk, "SELECT invoice_month, sum(amount_usd) FROM provider_charge GROUP BY 1 ORDER BY 1")
    assert charged == [("202603", Decimal(0)), ("202604", Decimal("1.25"))]


def test_that_a_file_with_a_rejected_record_states_no_whole_days(desk: Desk, tmp_path: Path) -> None:
    path = answer(tmp_path, usage("2026-03-02", "40.00"), usage("2026-03-03", "5", price_unit="eur"))
    with pytest.raises(FileRefused, match="does not state whole days: 1 of its records cannot be taken"):
        imported(desk, "twilio-usage", path, campaign=None, options=Options(whole_days=True))
    assert set(size(desk).values()) == {0}


def test_that_only_cost_files_state_whole_days(desk: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "team.csv", ("name", "email", "role", "rate"), [])
    with pytest.raises(UsageRefused, match="Only cost files"):
        imported(desk, "team", path, campaign=None, options=Options(whole_days=True))


def test_that_provider_files_take_no_options_of_tables(desk: Desk, tmp_path: Path) -> None:
    path = answer(tmp_path, usage("2026-03-02", "40.00"))
    with pytest.raises(UsageRefused, match="its costs reach a campaign by `capdesk map`"):
        imported(desk, "twilio-usage", path, campaign="Spring")
    with pytest.raises(FileRefused, match="cannot be read"):
        imported(desk, "twilio-usage", tmp_path / "missing.json", campaign=None)


def test_that_a_mapping_is_saved_and_found_again_by_the_header(selling: Desk, tmp_path: Path) -> None:
    header = ("Began", "Secs", "Result", "Mobile", "Agent")
    made = [["2026-03-02T15:00:00Z", "3:05", "VM", LEAD, "ana@example.com"]]
    columns = {
        "started_at": "Began",
        "duration_s": "Secs",
        "outcome": "Result",
        "lead_phone": "Mobile",
        "agent_email": "agent",
    }
    options = Options(mapping=columns, outcomes={"VM": "No Answer"}, save_as="ours")
    path = written(tmp_path / "calls.csv", header, made)
    tried = imported(
        selling,
        "calls",
        path,
        options=Options(mapping=columns, outcomes={"VM": "No Answer"}, save_as="ours", dry_run=True),
    )
    assert (counts(tried), size(selling)["import_profile"]) == ((1, 0, 0), 0)
    assert imported(selling, "calls", path, options=options).profile == "ours"
    again = imported(selling, "calls", path)
    assert (counts(again), again.profile) == ((0, 1, 0), "ours")
    assert rows(selling, "SELECT outcome, duration_s FROM call") == [("No Answer", 185)]


def test_that_a_mapping_that_fits_nothing_is_refused(selling: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "leads.csv", LEADS, [["Zoe", FAR, "", ""]])

    def refusal(**options: Any) -> str:
        with pytest.raises((FileRefused, RuleRefused, UsageRefused)) as refused:
            imported(selling, "leads", path, options=Options(**options))
        return str(refused.value)

    assert (
        refusal(mapping={"phone": "Mobile"})
        == "The file has no column 'Mobile' for phone; it has name, phone, email, city."
    )
    assert "names unknown fields fax" in refusal(mapping={"fax": "phone"})
    assert refusal(mapping={"phone": "phone"}, save_as="capdesk").startswith("'capdesk' is a built-in profile")
    assert refusal(save_as="ours") == "--save-profile keeps what --map and --outcome say: give at least one of them."
    assert size(selling)["lead"] == 1
