"""The words of the first schema, as Postgres keeps them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM

MONEY = sa.Numeric(14, 6)
MOMENT = sa.DateTime(timezone=True)

CAMPAIGN_STATUS = ENUM("planned", "active", "paused", "completed", name="campaign_status_name", create_type=False)
EXPERIMENT_STATUS = ENUM(
    "planned", "running", "paused", "completed", "terminated", name="experiment_status_name", create_type=False
)
LEAD_STATUS = ENUM(
    "active",
    "paid_customer",
    "do_not_contact",
    "permanently_not_interested",
    name="lead_status_name",
    create_type=False,
)
OUTCOME = ENUM(
    "No Answer",
    "Busy",
    "Wrong #",
    "Not Interested",
    "Callback",
    "Info",
    "Schedule",
    name="call_outcome",
    create_type=False,
)
EVENT_TYPE = ENUM(
    "dial_attempt",
    "conversation",
    "qpc",
    "install_scheduled",
    "install_attended",
    "calculator_installed",
    "paid_conversion",
    name="event_type",
    create_type=False,
)
ATTRIBUTION = ENUM("run", "no_run", "lead_exited", name="attribution", create_type=False)
COST_SOURCE = ENUM("labor", "bonus", "twilio", "gcp", name="cost_source", create_type=False)
PROVIDER = ENUM("twilio", "gcp", name="provider_name", create_type=False)
VERDICT = ENUM("pass", "fail", "continue", "stop", name="verdict", create_type=False)

VOCABULARIES = (
    CAMPAIGN_STATUS,
    EXPERIMENT_STATUS,
    LEAD_STATUS,
    OUTCOME,
    EVENT_TYPE,
    ATTRIBUTION,
    COST_SOURCE,
    PROVIDER,
    VERDICT,
)
