"""Where parsed rows wait for the function that records them. Unlogged, keyless, emptied in the same transaction."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from capdesk.models.base import EVENT_TYPE, OUTCOME, PROVIDER, Base

_MOMENT = DateTime(timezone=True)


def _staged(name: str, *columns: "Column[object]") -> Table:
    return Table(
        name,
        Base.metadata,
        Column("batch_id", BigInteger, nullable=False),
        Column("line", Integer, nullable=False),
        *columns,
        prefixes=["UNLOGGED"],
    )


staged_call = _staged(
    "staged_call",
    Column("source_id", Text),
    Column("occurred_at", _MOMENT, nullable=False),
    Column("duration_s", Integer, nullable=False),
    Column("outcome", OUTCOME),
    Column("phone_key", Uuid),
    Column("phone", Text),
    Column("team_member_id", BigInteger),
    Column("metadata_json", JSONB),
)

staged_event = _staged(
    "staged_event",
    Column("source_id", Text),
    Column("event_type", EVENT_TYPE, nullable=False),
    Column("event_timestamp", _MOMENT, nullable=False),
    Column("phone_key", Uuid),
    Column("phone", Text),
    Column("team_member_id", BigInteger),
    Column("metadata_json", JSONB),
)

staged_time_log = _staged(
    "staged_time_log",
    Column("source_id", Text),
    Column("team_member_id", BigInteger, nullable=False),
    Column("date", Date, nullable=False),
    Column("hours_logged", Numeric(14, 6), nullable=False),
)

staged_lead = _staged(
    "staged_lead",
    Column("name", Text),
    Column("phone_key", Uuid, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text),
    Column("extra", JSONB),
)

staged_charge = _staged(
    "staged_charge",
    Column("provider", PROVIDER, nullable=False),
    Column("account", Text, nullable=False),
    Column("usage_date", Date, nullable=False),
    Column("project", Text),
    Column("service", Text),
    Column("sku", Text),
    Column("label", Text),
    Column("invoice_month", Text),
    Column("cost_type", Text),
    Column("stated_usd", Numeric(14, 6), nullable=False),
    Column("breakdown", JSONB),
)

staged_coverage = _staged(
    "staged_coverage",
    Column("provider", PROVIDER, nullable=False),
    Column("account", Text, nullable=False),
    Column("usage_date", Date, nullable=False),
)
"""Days a pull stated in full, those of which nothing is left included."""

staged_twilio_call = _staged(
    "staged_twilio_call",
    Column("sid", Text, nullable=False),
    Column("parent_sid", Text),
    Column("account", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("duration_s", Integer, nullable=False),
    Column("price_usd", Numeric(14, 6)),
    Column("answered_by", Text),
    Column("own_number", Text),
    Column("phone", Text),
    Column("phone_key", Uuid),
    Column("recording_sid", Text),
)
"""`batch_id` is the pull's run."""
