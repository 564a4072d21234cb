"""What the application role can try by hand, on every table and function there is: nothing changes."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.models.conftest import Place
from tests.models.everything import PASSING, content, fill, tables
from tests.models.ledger import Call, Ledger, connect, moment, refused

DESK = (
    "zone phone_region recipients weekly_weekday weekly_time daily_time gcp_label_key"
    " mail_from mail_host mail_port mail_user mail_security"
)
EXPERIMENT = "name hypothesis capital_cap_usd time_cap_days tranche_size_usd primary_success_event secondary_events"
CAMPAIGN = "product_id name description status start_date end_date capital_budget_usd"
EVALUATION = (
    "experiment_id capital_cap_usd time_cap_days tranche_size_usd verdict reason recommended_next_action"
    " admin_notes snapshot as_of admin_user_id"
)
INSERTED = {
    "product": "name active",
    "campaign": f"{CAMPAIGN} owner_user_id",
    "experiment": f"campaign_id {EXPERIMENT}",
    "bonus_rule": "experiment_id event_type bonus_amount_usd",
    "team_member": "name email role active",
    "evaluation": EVALUATION,
    "override_log": "evaluation_id admin_user_id rationale",
    "notification_log": "kind period recipient experiment_id about",
    "notification_attempt": "notification_id number message_id",
    "notification_outcome": "notification_id attempt_id outcome detail",
    "connection": "provider account base_url settings active",
    "sync_run": "connection_id source",
    "sync_step": "run_id account first_day through rows landed difference_usd batch_id",
    "sync_outcome": "run_id outcome detail bytes_billed",
    "import_reject": "batch_id line field reason",
    "import_profile": "kind name mapping",
    "seal": "previous_hash root hash rows",
    "seal_block": "seal_id table_name first_id last_id rows hash",
}
UPDATED = {
    "desk": DESK,
    "app_user": "name email",
    "product": "name active",
    "campaign": CAMPAIGN,
    "experiment": EXPERIMENT,
    "bonus_rule": "bonus_amount_usd",
    "team_member": "name email role active",
    "lead_contact": "phone name email extra",
    "call_detail": "phone metadata_json",
    "event_detail": "phone metadata_json",
    "import_profile": "mapping",
    "connection": "base_url settings active",
    "twilio_call": "phone own_number",
}
DELETED = {"bonus_rule", "import_reject", "import_profile", *PASSING}
CALLED = {
    "ledger_now", "ledger_quiet_at", "ledger_newest", "ledger_seen", "desk_zone", "round_half_even", "create_desk",
    "next_batch", "record_batch", "transition_experiment", "set_member_rate", "assign_member", "dated_experiment",
    "record_time_logs", "set_lead_status", "record_leads", "record_calls", "record_events", "record_charges",
    "map_charges", "mapping_of", "caps_in_force", "experiment_rules", "reverse_event", "reverse_call",
    "reverse_time_log", "unknown_twilio_calls", "record_twilio_calls",
}  # fmt: skip

COLUMNS = (
    "SELECT table_name::text, column_name::text, has_column_privilege(%s, format('capdesk.%%I', table_name)::regclass,"
    " column_name, %s) FROM information_schema.columns WHERE table_schema = 'capdesk' AND table_name = ANY(%s)"
)
FUNCTIONS = (
    "SELECT p.oid::regprocedure::text, p.proname::text, has_function_privilege('capdesk_app', p.oid, 'EXECUTE'),"
    " pg_get_functiondef(p.oid), p.prorettype = 'trigger'::regtype,"
    " ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) a)"
    " FROM pg_proc p WHERE p.pronamespace = 'capdesk'::regnamespace ORDER BY 1"
)


@pytest.fixture(scope="module")
def attacked(place: Place) -> Iterator[Ledger]:
    """The application role on a desk with rows in every table."""
    with place.app() as connection:
        ledger = Ledger(connection)
        fill(ledger)
        yield ledger


@pytest.fixture
def unchanged(place: Place, attacked: Ledger) -> Iterator[Ledger]:
    """The same; afterwards neither a row nor an object of the schema is another."""
    before = (content(attacked), objects(place))
    yield attacked
    assert (content(attacked), objects(place)) == before


CATALOGUES = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_trigger", "pg_proc", "pg_constraint", "pg_policy", "pg_rewrite"),
    *("pg_type", "pg_enum", "pg_operator", "pg_namespace", "pg_inherits", "pg_event_trigger", "pg_db_role_setting"),
    *("pg_auth_members", "pg_roles", "pg_extension", "pg_sequence"),
)
VARYING = ["relpages", "reltuples", "relallvisible", "relallfrozen", "relfilenode", "relfrozenxid", "relminmxid"]


def objects(place: Place) -> dict[str, str]:
    """A hash of each catalogue, without what vacuuming and truncating change."""
    row = "(to_jsonb(t) - %s::text[])::text"
    with place.admin() as admin:
        ledger = Ledger(admin)
        return {
            name: ledger.value(f"SELECT md5(string_agg({row}, '' ORDER BY {row})) FROM {name} t", VARYING, VARYING)
            for name in CATALOGUES
        }


REFUSED = {"42501": "no right", "428C9": "an identity the database gives", "55000": "a view without rows of its own"}


def attack(ledger: Ledger, statement: str) -> None:
    """Refused for want of a right, not because the attack itself is misspelt."""
    with pytest.raises(psycopg.Error) as caught:
        ledger.rows(statement.replace("%", "%%"))
    assert caught.value.sqlstate in REFUSED, f"{statement}: {caught.value}"


def columns(ledger: Ledger, table: str) -> list[str]:
    listed = (
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'capdesk' AND table_name = %s"
    )
    return [row[0] for row in ledger.rows(listed + " ORDER BY ordinal_position", table)]


def test_that_every_table_has_rows_to_attack(attacked: Ledger) -> None:
    empty = {table for table, (count, _) in content(attacked).items() if count == 0}
    assert empty == set(PASSING)


@pytest.mark.parametrize(("privilege", "wanted"), [("INSERT", INSERTED), ("UPDATE", UPDATED)])
def test_that_columns_are_granted_one_by_one_and_no_other(
    attacked: Ledger, privilege: str, wanted: dict[str, str]
) -> None:
    kept = [table for table in tables(attacked) if table not in PASSING]
    granted = {(table, column) for table, column, has in attacked.rows(COLUMNS, "capdesk_app", privilege, kept) if has}
    assert granted == {(table, column) for table, names in wanted.items() for column in names.split()}


def test_that_everything_may_be_read_and_only_named_tables_deleted_from(attacked: Ledger) -> None:
    for table in tables(attacked):
        name = f"capdesk.{table}"
        rights = {
            right
            for right in ("SELECT", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
            if attacked.value("SELECT has_table_privilege('capdesk_app', %s, %s)", name, right)
        }
        assert rights == {"SELECT"} | ({"DELETE"} if table in DELETED else set()), table


def test_that_only_named_functions_may_be_called(unchanged: Ledger) -> None:
    found = unchanged.rows(FUNCTIONS)
    assert {name for _, name, granted, *_ in found if granted} == CALLED
    for _, name, granted, _, trigger, kinds in found:
        if not granted and not trigger:
            attack(unchanged, f"SELECT {name}({', '.join(f'NULL::{kind}' for kind in kinds)})")


def test_that_no_sequence_may_be_moved_or_read(unchanged: Ledger) -> None:
    sequences = "SELECT relname::text FROM pg_class WHERE relnamespace = 'capdesk'::regnamespace AND relkind = 'S'"
    for (name,) in unchanged.rows(sequences):
        for statement in ("SELECT nextval('{}')", "SELECT setval('{}', 1)", "SELECT last_value FROM {}"):
            attack(unchanged, statement.format(name))


def test_that_no_row_can_be_changed_or_removed(unchanged: Ledger) -> None:
    for table in tables(unchanged):
        if table in PASSING:
            continue
        kept = [name for name in columns(unchanged, table) if name not in UPDATED.get(table, "").split()]
        merge = f"MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN"
        forge = f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}"
        for column in kept:
            attack(unchanged, f"UPDATE {table} SET {column} = {column}")
            attack(unchanged, f"UPDATE {table} SET {column} = DEFAULT")
            attack(
                unchanged,
                f"MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET {column} = NULL",
            )
        upsert = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT DO"
        attack(unchanged, f"{upsert} NOTHING")
        attack(unchanged, forge)
        attack(unchanged, f"{forge} ON CONFLICT DO NOTHING")
        attack(unchanged, f"TRUNCATE {table}")
        attack(unchanged, f"TRUNCATE {table} CASCADE")
        if table not in DELETED:
            attack(unchanged, f"DELETE FROM {table}")
            attack(unchanged, f"{merge} DELETE")


def test_that_no_column_can_be_forged_on_insert(unchanged: Ledger) -> None:
    """Ids, stamps and everything else that was not granted, each on its own: nothing is back-dated."""
    for table in tables(unchanged):
        if table in PASSING:
            continue
        for column in columns(unchanged, table):
            if column not in INSERTED.get(table, "").split():
                source = f"SELECT {column} FROM {table} LIMIT 1"
                attack(unchanged, f"INSERT INTO {table} ({column}) {source}")
                attack(unchanged, f"INSERT INTO {table} ({column}) OVERRIDING SYSTEM VALUE {source}")


def test_that_no_table_can_be_rebuilt_swapped_or_disarmed(unchanged: Ledger) -> None:
    for table in tables(unchanged):
        column = columns(unchanged, table)[0]
        for statement in (
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"ALTER TABLE {table} DISABLE TRIGGER USER",
            f"ALTER TABLE {table} ALTER COLUMN {column} TYPE text USING 'x'",
            f"ALTER TABLE {table} ADD COLUMN extra text",
            f"ALTER TABLE {table} DROP COLUMN {column}",
            f"ALTER TABLE {table} RENAME TO {table}_old",
            f"ALTER TABLE {table} RENAME COLUMN {column} TO other",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} OWNER TO capdesk_app",
            f"ALTER TABLE {table} SET SCHEMA public",
            f"CREATE POLICY hide ON {table} USING (false)",
            f"CREATE RULE swallow AS ON INSERT TO {table} DO INSTEAD NOTHING",
            f"CREATE TRIGGER mine BEFORE UPDATE ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            f"CREATE INDEX mine ON {table} ({column})",
            f"DROP TABLE {table} CASCADE",
        ):
            attack(unchanged, statement)
        with pytest.raises(psycopg.Error):
            unchanged.rows(f"CREATE TABLE {table} (id int)")
        unchanged.rows(f"GRANT ALL ON {table} TO capdesk_app")  # a warning; that nothing came of it is seen afterwards


def test_that_no_function_can_be_replaced(unchanged: Ledger) -> None:
    for signature, _, _, definition, *_ in unchanged.rows(FUNCTIONS):
        attack(unchanged, definition)
        attack(unchanged, f"DROP FUNCTION {signature} CASCADE")
        attack(unchanged, f"ALTER FUNCTION {signature} RESET ALL")


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE capdesk_owner",
        "SET SESSION AUTHORIZATION capdesk_owner",
        "GRANT capdesk_owner TO capdesk_app",
        "ALTER ROLE capdesk_app SUPERUSER",
        "ALTER ROLE capdesk_app SET session_replication_role = replica",
        "ALTER DATABASE template1 SET search_path = pg_temp",
        "ALTER SCHEMA capdesk OWNER TO capdesk_app",
        "DROP SCHEMA capdesk CASCADE",
        "DROP OWNED BY capdesk_owner",
        "REASSIGN OWNED BY capdesk_owner TO capdesk_app",
        "CREATE TABLE capdesk.mine (id int)",
        "CREATE VIEW capdesk.mine AS SELECT 1",
        "CREATE FUNCTION capdesk.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE capdesk.mine AS ENUM ('a')",
        "ALTER TYPE capdesk.verdict ADD VALUE 'scale'",
        "CREATE OPERATOR capdesk.= (LEFTARG = text, RIGHTARG = bigint, FUNCTION = texteq)",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION capdesk.lock_ledger()",
        "COPY capdesk.desk TO PROGRAM 'cat'",
        "COPY capdesk.cost_rollup FROM '/dev/null'",
        "COPY capdesk.cost_rollup FROM STDIN",
        "SELECT pg_read_file('postgresql.conf')",
        "UPDATE pg_catalog.pg_trigger SET tgenabled = 'D'",
        "DELETE FROM pg_catalog.pg_proc",
        "DO LANGUAGE plpgsql $$BEGIN UPDATE capdesk.cost_rollup SET cost_usd = 0; END$$",
        "WITH gone AS (DELETE FROM capdesk.cost_rollup RETURNING *) SELECT count(*) FROM gone",
        "INSERT INTO capdesk.performance_event SELECT * FROM capdesk.performance_event",
        "DELETE FROM capdesk.performance_event",
        "CREATE OR REPLACE VIEW capdesk.dialer_rule AS SELECT 1",
    ],
)  # fmt: skip
def test_that_no_right_can_be_taken(unchanged: Ledger, statement: str) -> None:
    attack(unchanged, statement)


SHADOWS = """
CREATE TEMP TABLE app_user AS SELECT 2::bigint AS id, 'Nora' AS name, true AS is_admin;
CREATE TEMP TABLE desk AS SELECT 'Pacific/Apia' AS zone;
CREATE TEMP TABLE lead (id bigint, campaign_id bigint, phone_key uuid, exited_at timestamptz);
CREATE TEMP TABLE team_member AS SELECT 99::bigint AS id;
CREATE TEMP TABLE campaign AS SELECT 99::bigint AS id, 'active' AS status;
CREATE TEMP TABLE import_batch (id bigint);
CREATE TEMP TABLE staged_call (batch_id bigint);
CREATE TEMP TABLE cost_rollup (id bigint);
CREATE TEMP TABLE experiment_run (id bigint, campaign_id bigint, experiment_id bigint, started_at timestamptz,
  ended_at timestamptz);
CREATE FUNCTION pg_temp.desk_zone() RETURNS text LANGUAGE sql AS $$ SELECT 'Pacific/Apia' $$;
CREATE FUNCTION pg_temp.ledger_now(boolean DEFAULT false) RETURNS timestamptz
  LANGUAGE sql AS $$ SELECT timestamptz '2020-01-01Z' $$;
CREATE FUNCTION pg_temp.refuse_rewriting(bigint, timestamptz) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION pg_temp.yes(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = pg_temp.yes);
SET search_path = pg_temp, capdesk, pg_catalog;
SET timezone = 'Pacific/Apia'; SET intervalstyle = 'sql_standard';
"""


def test_that_nothing_put_in_front_of_a_function_deceives_it(place: Place, attacked: Ledger) -> None:
    with connect(place.database.app) as connection, connection.transaction(force_rollback=True):
        ledger = Ledger(connection)
        campaign = ledger.campaign("Shadowed")
        experiment = ledger.experiment(campaign, qpc="5")
        member = ledger.member("shadow@example.com", campaign=campaign)
        connection.execute(SHADOWS.encode())
        with refused("Only an admin may start"):
            ledger.rows("SELECT capdesk.transition_experiment(%s, 'start', NULL, 2)", experiment)
        started = "SELECT capdesk.transition_experiment(%s, 'start', '2025-03-03 04:00Z', 1)"
        ledger.rows(started, experiment)
        batch = ledger.value("SELECT capdesk.next_batch()")
        call = Call(moment(4.5), 150, "Info", None, member)  # 23:30 of the day before, in New York
        staged = "INSERT INTO capdesk.staged_call (batch_id, line, occurred_at, duration_s, outcome, team_member_id)"
        ledger.rows(staged + " VALUES (%s, 1, %s, %s, %s, %s)", batch, call.at, call.seconds, call.outcome, member)
        ledger.rows("SELECT * FROM capdesk.record_calls(%s, %s, 'dialer', true)", batch, campaign)
        found = (
            "SELECT experiment_id, attribution::text, recorded_at > '2025-01-01Z' FROM capdesk.call WHERE batch_id = %s"
        )
        assert ledger.rows(found, batch) == [(experiment, "run", True)]
        dated = "SELECT DISTINCT to_char(date, 'YYYY-MM-DD') FROM capdesk.event_tally WHERE batch_id = %s"
        assert ledger.rows(dated, batch) == [("2025-03-02",)]
        with refused("Events of this campaign are recorded"):
            ledger.rows("SELECT capdesk.transition_experiment(%s, 'pause', '2025-03-03 04:10Z', 1)", experiment)


def test_that_a_row_gets_the_databases_own_time(attacked: Ledger) -> None:
    """Stamps come from the ledger's clock even where the application inserts the row itself."""
    with attacked.connection.transaction(force_rollback=True):
        before = attacked.value("SELECT clock_timestamp()")
        due = "INSERT INTO notification_log (kind, period, recipient, about) VALUES ('weekly', 'w', 'x', '{}')"
        assert (
            before
            < attacked.value(due + " RETURNING recorded_at")
            < attacked.value("SELECT clock_timestamp() + interval '1 second'")
        )


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_that_facts_are_never_recorded_from_an_old_snapshot(attacked: Ledger, level: str) -> None:
    with (
        refused(f"Facts are recorded in READ COMMITTED transactions only, not in {level}"),
        attacked.connection.transaction(),
    ):
        attacked.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        attacked.connection.execute("SELECT transition_experiment(1, 'start', NULL, 1)")
