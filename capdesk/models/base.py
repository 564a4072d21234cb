"""What every table shares: naming, money, moments, and the vocabularies the database knows."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Enum, Identity, MetaData, Numeric, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

SCHEMA = "capdesk"


class Base(DeclarativeBase):
    """Tables live in the schema `capdesk`, which the connection's search path names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to declare it
        datetime: DateTime(timezone=True),
        Decimal: Numeric(14, 6),
        str: Text,
        int: BigInteger,
    }


Id = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""Given by the database, never by the program."""


class CampaignStatus(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


class ExperimentStatus(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class LeadStatusName(StrEnum):
    ACTIVE = "active"
    PAID_CUSTOMER = "paid_customer"
    DO_NOT_CONTACT = "do_not_contact"
    PERMANENTLY_NOT_INTERESTED = "permanently_not_interested"


class Outcome(StrEnum):
    """What the dialer says of a call; read-only."""

    NO_ANSWER = "No Answer"
    BUSY = "Busy"
    WRONG_NUMBER = "Wrong #"
    NOT_INTERESTED = "Not Interested"
    CALLBACK = "Callback"
    INFO = "Info"
    SCHEDULE = "Schedule"


class EventType(StrEnum):
    DIAL_ATTEMPT = "dial_attempt"
    CONVERSATION = "conversation"
    QPC = "qpc"
    INSTALL_SCHEDULED = "install_scheduled"
    INSTALL_ATTENDED = "install_attended"
    CALCULATOR_INSTALLED = "calculator_installed"
    PAID_CONVERSION = "paid_conversion"


class Attribution(StrEnum):
    """Why an event counts (`run`) or does not."""

    RUN = "run"
    NO_RUN = "no_run"
    LEAD_EXITED = "lead_exited"


class CostSource(StrEnum):
    LABOR = "labor"
    BONUS = "bonus"
    TWILIO = "twilio"
    GCP = "gcp"


class Provider(StrEnum):
    TWILIO = "twilio"
    GCP = "gcp"


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    CONTINUE = "continue"
    STOP = "stop"


def vocabulary(kind: type[StrEnum], name: str) -> Enum:
    """A Postgres enum with the words of `kind`."""
    return Enum(kind, name=name, values_callable=lambda words: [word.value for word in words])


CAMPAIGN_STATUS = vocabulary(CampaignStatus, "campaign_status_name")
EXPERIMENT_STATUS = vocabulary(ExperimentStatus, "experiment_status_name")
LEAD_STATUS = vocabulary(LeadStatusName, "lead_status_name")
OUTCOME = vocabulary(Outcome, "call_outcome")
EVENT_TYPE = vocabulary(EventType, "event_type")
ATTRIBUTION = vocabulary(Attribution, "attribution")
COST_SOURCE = vocabulary(CostSource, "cost_source")
PROVIDER = vocabulary(Provider, "provider_name")
VERDICT = vocabulary(Verdict, "verdict")
