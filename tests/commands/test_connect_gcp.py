"""`capdesk connect gcp`: the estimate is shown before anything is asked that Google bills."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from capdesk.bootstrap import Desk
from capdesk.commands.base import App
from capdesk.commands.connect_accounts import GcpAsked, connect_gcp
from capdesk.commands.connect_flow import Sitting
from capdesk.errors import CapdeskError, ProviderRefused, UsageRefused
from capdesk.services import mapping
from capdesk.services.connections import ConnectionInfo, list_connections
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.local.http import Request
from capdesk.services.secrets import MemorySecrets
from tests.support import builders
from tests.support.sitting import ScriptedPerson, everything_kept

TABLE = "local-project.billing.gcp_billing_export_v1_01338E_BE3FD6_363B4C"
NAME = f"gcp-{TABLE}"


@pytest.fixture
def google(desk: Desk) -> Iterator[LocalBigQuery]:
    rows = [
        *(row(desk, 1, 3.0, project="dialer"), row(desk, 2, 1.5, project="dialer", credit=-0.5)),
        *(row(desk, 1, 7.0, project="web", label="roofers"), row(desk, 3, 0.25, project=None, kind="tax")),
        row(desk, 30, 99.0, project="dialer"),
    ]
    with LocalBigQuery({TABLE: ExportTable(rows)}) as server:
        yield server


def row(
    desk: Desk,
    days_ago: int,
    cost: float,
    *,
    project: str | None,
    label: str | None = None,
    credit: float | None = None,
    kind: str = "regular",
) -> dict[str, Any]:
    day = desk.clock.now().date() - timedelta(days=days_ago)
    at = f"{datetime.combine(day, time(8)):%Y-%m-%d %H:%M:%S} UTC"
    labels = [] if label is None else [{"key": "campaign", "value": label}]
    return {
        "billing_account_id": "01338E-BE3FD6-363B4C",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "0001-0001-0001", "description": "Core"},
        "usage_start_time": at,
        "usage_end_time": at,
        "project": None if project is None else {"id": project, "labels": []},
        "labels": labels,
        "export_time": at,
        "cost": cost,
        "currency": "USD",
        "credits": [] if credit is None else [{"name": "free", "amount": credit}],
        "invoice": {"month": f"{day:%Y%m}"},
        "cost_type": kind,
    }


def sitting(desk: Desk, person: ScriptedPerson | None = None, *, yes: bool = False, as_json: bool = False) -> Sitting:
    return Sitting(App(desk.folder, as_json=as_json, _desk=desk), person, yes)


def asked(
    server: LocalBigQuery,
    *,
    table: str | None = TABLE,
    file: Path | None = None,
    adc: bool = False,
    max_bytes: int | None = None,
    maps: tuple[str, ...] = (),
) -> GcpAsked:
    return GcpAsked(table, None, file, adc, None, max_bytes, server.url, maps)


def key_file(folder: Path, server: LocalBigQuery) -> Path:
    file = folder / "key.json"
    file.write_text(server.service_account(), encoding="utf-8")
    return file


def connected(desk: Desk) -> list[ConnectionInfo]:
    return desk.read(list_connections)


def billed(server: LocalBigQuery) -> list[Request]:
    """The queries that were run, without the free estimates."""
    return [one for one in server.requests if one.method == "POST" and b"query" in one.body and not _dry(one)]


def _dry(request: Request) -> bool:
    return b'"dryRun": true' in request.body or b'"dryRun":true' in request.body


def test_that_a_person_sees_the_estimate_then_the_figures_and_then_says_keep(
    safe: Desk, secrets: MemorySecrets, google: LocalBigQuery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.campaign(safe)
    file = key_file(tmp_path, google)
    person = ScriptedPerson([TABLE, str(file), True, True, "Spring", None])
    assert connect_gcp(sitting(safe, person), asked(google, table=None)) == 0
    assert person.asked == [
        "Table of the billing export (project.dataset.table)",
        "Key file of the service account (just Enter for this computer's own login)",
        "Ask for these days?",
        "Keep this connection?",
        "gcp label campaign=roofers, $7.00 in 7 days",
        "gcp project dialer, $4.00 in 7 days",
    ]
    (kept,) = connected(safe)
    assert (kept.account, kept.base_url) == (TABLE, google.url)
    assert kept.settings == {"query_project": "local-project", "credentials": "key"}
    assert json.loads(secrets.get(NAME)) == json.loads(file.read_text(encoding="utf-8"))
    assert [(one.label, one.campaign) for one in safe.read(mapping.mappings).mapped] == [("campaign=roofers", "Spring")]
    out = capsys.readouterr().out
    order = ["Asking as capdesk@local-project", "Google's estimate:", "Compute Engine", "$11.25 from", "is connected."]
    assert [out.index(words) for words in order] == sorted(out.index(words) for words in order)


def test_that_nothing_is_billed_where_the_person_does_not_want_the_query(
    safe: Desk, secrets: MemorySecrets, google: LocalBigQuery, tmp_path: Path
) -> None:
    view = "local-project.billing.costs_of_ours"  # which says nothing of its billing account
    google.tables[view] = google.tables[TABLE]
    for table in (TABLE, view):
        person = ScriptedPerson([False])
        assert connect_gcp(sitting(safe, person), asked(google, table=table, file=key_file(tmp_path, google))) == 0
        assert (person.asked, billed(google)) == (["Ask for these days?"], [])
    assert (connected(safe), secrets.names()) == ([], [])


def test_that_a_program_connects_with_a_key_and_maps_projects_and_labels(
    safe: Desk, google: LocalBigQuery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.campaign(safe)
    maps = ("dialer=Spring", "campaign=roofers=Spring")
    given = asked(google, file=key_file(tmp_path, google), max_bytes=2**30, maps=maps)
    assert connect_gcp(sitting(safe, yes=True, as_json=True), given) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["connection"]["settings"]["max_bytes"] == 2**30
    assert {one["source"] for one in told["mapped"]} == {"gcp project dialer", "gcp label campaign=roofers"}
    assert told["unassigned"] == []
    assert {owner["project"]: owner["usd"] for owner in told["first_figures"]["owners"]} == {
        "web": "7.000000",
        "dialer": "4.000000",
        None: "0.250000",
    }


def test_that_a_provider_on_this_computer_is_asked_without_a_login(
    safe: Desk, secrets: MemorySecrets, google: LocalBigQuery
) -> None:
    assert connect_gcp(sitting(safe, yes=True), asked(google, adc=True)) == 0
    assert (connected(safe)[0].settings["credentials"], secrets.names()) == ("adc", [])
    assert not any("authorization" in one.headers for one in google.requests)


def test_that_the_key_that_is_kept_is_used_again(
    safe: Desk, secrets: MemorySecrets, google: LocalBigQuery, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.set(NAME, google.service_account())
    assert connect_gcp(sitting(safe, yes=True), asked(google)) == 0
    assert "whose key is kept already" in capsys.readouterr().out


def test_that_each_refusal_of_google_is_one_sentence_and_nothing_is_kept(
    safe: Desk, secrets: MemorySecrets, google: LocalBigQuery, tmp_path: Path
) -> None:
    file = key_file(tmp_path, google)

    def refusal(**given: Any) -> str:
        with pytest.raises(ProviderRefused) as refused:
            connect_gcp(sitting(safe, yes=True), asked(google, file=file, **given))
        return str(refused.value)

    google.denied = {"bigquery.tables.get"}
    assert "roles/bigquery.dataViewer" in refusal()
    google.denied = {"bigquery.jobs.create"}
    assert "roles/bigquery.jobUser" in refusal()
    google.denied = set()
    assert "There is no table" in refusal(table="local-project.billing.gcp_billing_export_v1_000000_000000_000000")
    google.tokens.revoke("capdesk@local-project.iam.gserviceaccount.com")
    assert "sign-in" in refusal() or "key" in refusal()
    assert (connected(safe), secrets.names()) == ([], [])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"table": "nothing"}, "is no table of BigQuery"),
        ({"table": "p.d.t'; DROP TABLE x"}, "is no table of BigQuery"),
        ({"adc": True, "file": Path("key.json")}, "contradict each other"),
        ({}, "Say who asks Google"),
        ({"max_bytes": 5, "adc": True}, "refuses every query"),
        ({"adc": True, "maps": ("No Project=Spring",)}, "no project id of Google Cloud"),
    ],
)
def test_that_bad_input_is_one_sentence(
    safe: Desk, google: LocalBigQuery, given: dict[str, Any], sentence: str
) -> None:
    builders.campaign(safe)
    with pytest.raises(UsageRefused, match=sentence):
        connect_gcp(sitting(safe, yes=True), asked(google, **given))
    assert connected(safe) == []


def test_that_no_part_of_a_key_shows_anywhere(
    safe: Desk,
    google: LocalBigQuery,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    file = key_file(tmp_path, google)
    canary = json.loads(file.read_text(encoding="utf-8"))["private_key"].splitlines()[3]
    connect_gcp(sitting(safe, yes=True), asked(google, file=file))
    for broken in (json.dumps({"type": "service_account", "private_key": canary}), canary):
        file.write_text(broken, encoding="utf-8")
        with pytest.raises(CapdeskError) as refused:
            connect_gcp(sitting(safe, yes=True), asked(google, file=file))
        assert canary not in f"{refused.value!r} {refused.value.__cause__!r}"
    said = capsys.readouterr()
    assert canary not in said.out + said.err + caplog.text + everything_kept(safe)
