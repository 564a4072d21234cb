"""Facts never change and ended experiments are frozen, whoever asks: all tables and columns there are."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.models.conftest import Place
from tests.models.everything import PASSING, content, fill, tables
from tests.models.ledger import Ledger, refused

APPENDED = {
    "bonus_event", "call", "campaign_status", "cost_rollup", "evaluation", "event_tally", "experiment_transition",
    "explicit_event", "import_batch", "lead_status", "member_assignment", "member_rate", "notification_attempt",
    "notification_log", "notification_outcome", "override_log", "provider_charge", "provider_mapping", "reversal",
    "seal", "seal_block", "sync_outcome", "sync_run", "sync_step", "time_log",
}  # fmt: skip
KEPT = {
    "app_user", "campaign", "connection", "desk", "experiment", "experiment_run", "lead", "product", "team_member",
    "twilio_call",
}  # fmt: skip
"""They live on: some columns change, no row goes."""
ERASABLE = {"call_detail", "event_detail", "import_profile", "import_reject", "lead_contact"}
RULED = {"bonus_rule"}
"""Goes and changes while its experiment is planned."""
OURS = {"alembic_version"}

AS_ANYBODY = ("SET ROLE capdesk_owner", "SET session_replication_role = replica")
OTHER = {
    "bigint": "{0} + 1",
    "smallint": "{0} + 1",
    "numeric": "{0} + 1",
    "date": "coalesce({0}, '2025-03-03') + 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 s'",
    "text": "coalesce({0}, '') || 'x'",
    "boolean": "NOT {0}",
    "uuid": "gen_random_uuid()",
    "ARRAY": "array_append({0}, 'qpc')",
}


@pytest.fixture(scope="module")
def filled(place: Place) -> None:
    with place.app() as connection:
        fill(Ledger(connection))


@pytest.fixture(params=AS_ANYBODY, ids=["owner", "superuser who switches triggers off"])
def anybody(place: Place, filled: None, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """The most powerful there are; afterwards no table is another."""
    with place.admin() as admin:
        ledger = Ledger(admin)
        before = content(ledger)
        admin.execute(request.param)
        yield ledger
        assert content(ledger) == before


def columns(ledger: Ledger, table: str) -> list[tuple[str, str, str]]:
    """Name, kind and enum (or array) type of each column."""
    listed = (
        "SELECT column_name::text, data_type::text, udt_name::text FROM information_schema.columns"
        " WHERE table_schema = 'capdesk' AND table_name = %s ORDER BY ordinal_position"
    )
    return [(row[0], row[1], row[2]) for row in ledger.rows(listed, table)]


def other_value(ledger: Ledger, column: tuple[str, str, str]) -> str:
    """An expression for another value than the column has."""
    name, kind, enum = column
    if kind == "USER-DEFINED":
        words = ledger.value(f"SELECT enum_range(NULL::capdesk.{enum})::text[]")
        return f"CASE {name} WHEN '{words[0]}' THEN '{words[1]}' ELSE '{words[0]}' END::capdesk.{enum}"
    return OTHER[kind].format(name)


def test_that_every_table_is_either_kept_or_erasable_on_purpose(place: Place) -> None:
    with place.admin() as admin:
        assert set(tables(Ledger(admin))) == APPENDED | KEPT | ERASABLE | RULED | OURS | set(PASSING)


def test_that_every_guard_holds_always(place: Place) -> None:
    """A trigger that is only ENABLEd is skipped under session_replication_role = replica."""
    with place.admin() as admin:
        guards = admin.execute(
            "SELECT c.relname::text, t.tgname::text, t.tgenabled::text FROM pg_trigger t JOIN pg_class c"
            " ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = 'capdesk'::regnamespace"
        ).fetchall()
    assert {enabled for _, _, enabled in guards} == {"A"}
    guarded = {name: {table for table, trigger, _ in guards if trigger == name} for _, name, _ in guards}
    assert guarded["refuse_change"] == APPENDED
    assert guarded["refuse_delete"] == KEPT
    assert guarded["refuse_truncate"] == APPENDED | KEPT | ERASABLE | RULED


def test_that_no_foreign_key_carries_a_change_along(place: Place) -> None:
    with place.admin() as admin:
        actions = admin.execute(
            "SELECT DISTINCT confupdtype::text, confdeltype::text FROM pg_constraint"
            " WHERE contype = 'f' AND connamespace = 'capdesk'::regnamespace"
        ).fetchall()
    assert actions == [("a", "a")]


def test_that_every_function_looks_for_names_in_the_schema_first_and_in_temporary_objects_last(place: Place) -> None:
    with place.admin() as admin:
        functions = admin.execute(
            "SELECT proname::text, pg_get_userbyid(proowner)::text, 'search_path=capdesk, pg_temp' = ANY(proconfig)"
            " FROM pg_proc WHERE pronamespace = 'capdesk'::regnamespace"
        ).fetchall()
    assert len(functions) > 50
    assert [name for name, owner, safe in functions if owner != "capdesk_owner" or not safe] == []


def test_that_no_appended_row_changes(anybody: Ledger) -> None:
    for table in APPENDED:
        for statement in (f"UPDATE {table} SET id = DEFAULT", f"DELETE FROM {table}"):
            with refused(f"Rows of {table} never change"):
                anybody.rows(statement)


def test_that_no_kept_row_goes(anybody: Ledger) -> None:
    for table in KEPT:
        with refused(f"Rows of {table} never change"):
            anybody.rows(f"DELETE FROM {table}")


def test_that_no_table_is_emptied(anybody: Ledger) -> None:
    for table in APPENDED | KEPT | ERASABLE | RULED:
        with refused("never change"):
            anybody.rows(f"TRUNCATE {table} CASCADE")


def test_that_nothing_of_an_ended_experiment_changes(anybody: Ledger) -> None:
    of_ended = "(SELECT id FROM experiment WHERE name = 'Ended')"
    for table, key in (("experiment", "id"), ("experiment_run", "experiment_id"), ("bonus_rule", "experiment_id")):
        where = f"WHERE {key} IN {of_ended}"
        assert anybody.value(f"SELECT count(*) FROM {table} {where}") > 0
        for name, *_ in columns(anybody, table):
            with refused("never change|are locked"):
                anybody.rows(f"UPDATE {table} SET {name} = DEFAULT {where}")
        with refused("never change|are locked"):
            anybody.rows(f"DELETE FROM {table} {where}")
    with refused("are locked"):
        anybody.rows(
            "INSERT INTO bonus_rule (experiment_id, event_type, bonus_amount_usd)"
            " SELECT id, 'paid_conversion', 1 FROM experiment WHERE name = 'Ended'"
        )
    with refused("its runs can never change"):
        anybody.rows(
            "INSERT INTO experiment_run (experiment_id, campaign_id, started_at, start_recorded_at, started_by)"
            " SELECT id, campaign_id, '2020-01-01Z', now(), 1 FROM experiment WHERE name = 'Ended'"
        )


@pytest.mark.parametrize(
    ("table", "free"),
    [
        ("experiment", {"status", "end_date"}),
        ("experiment_run", {"ended_at", "end_recorded_at", "ended_by", "ended_by_admin"}),
    ],
)
def test_that_of_a_running_experiment_only_its_end_can_be_added(anybody: Ledger, table: str, free: set[str]) -> None:
    key = "id" if table == "experiment" else "experiment_id"
    for column in columns(anybody, table):
        if column[0] in free:
            continue
        change = f"UPDATE {table} SET {column[0]} = {other_value(anybody, column)}"
        with pytest.raises(psycopg.Error) as caught:
            anybody.rows(f"{change} WHERE {key} IN (SELECT id FROM experiment WHERE name = 'Running')")
        assert caught.value.sqlstate in ("CD001", "23503", "23514", "428C9"), f"{change}: {caught.value}"


def test_that_a_lead_stays_who_it_is(anybody: Ledger) -> None:
    for column in columns(anybody, "lead"):
        if column[0] not in ("status", "exited_at"):
            with pytest.raises(psycopg.Error) as caught:
                anybody.rows(f"UPDATE lead SET {column[0]} = {other_value(anybody, column)}")
            assert caught.value.sqlstate in ("CD001", "428C9"), column[0]


def test_that_the_desks_key_stays(anybody: Ledger) -> None:
    with refused("The desk's key never changes"):
        anybody.rows("UPDATE desk SET phone_key = '\\x99'")


def test_that_personal_data_can_be_erased_and_nothing_else_goes_with_it(place: Place, filled: None) -> None:
    with place.app() as connection, connection.transaction(force_rollback=True):
        ledger = Ledger(connection)
        before = content(ledger)
        erased = ("lead_contact", "call_detail", "event_detail", "twilio_call")
        ledger.rows("UPDATE lead_contact SET phone = NULL, name = NULL, email = NULL, extra = NULL")
        ledger.rows("UPDATE call_detail SET phone = NULL, metadata_json = NULL")
        ledger.rows("UPDATE event_detail SET phone = NULL, metadata_json = NULL")
        ledger.rows("UPDATE twilio_call SET phone = NULL")
        ledger.rows("DELETE FROM import_reject")
        after = content(ledger)
        changed = {table for table in before if before[table] != after[table]}
        assert changed == {*erased, "import_reject"}
