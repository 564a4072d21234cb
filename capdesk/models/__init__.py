"""Tables, one file per aggregate, and the rules the database itself enforces."""

from capdesk.models.base import Base
from capdesk.models.call import Call, CallDetail, EventDetail, EventTally, ExplicitEvent
from capdesk.models.campaign import Campaign, CampaignStatusChange, Product
from capdesk.models.connection import Connection
from capdesk.models.cost import BonusEvent, CostRollup, ProviderCharge, ProviderMapping
from capdesk.models.desk import AppUser, Desk
from capdesk.models.evaluation import Evaluation, OverrideLog
from capdesk.models.experiment import BonusRule, Experiment, ExperimentRun, ExperimentTransition
from capdesk.models.imports import ImportBatch, ImportProfile, ImportReject
from capdesk.models.lead import Lead, LeadContact, LeadStatus
from capdesk.models.notification import NotificationAttempt, NotificationLog, NotificationOutcome
from capdesk.models.reversal import Reversal
from capdesk.models.seal import Seal, SealBlock
from capdesk.models.staging import (
    staged_call,
    staged_charge,
    staged_coverage,
    staged_event,
    staged_lead,
    staged_time_log,
    staged_twilio_call,
)
from capdesk.models.sync import SyncOutcome, SyncRun, SyncStep
from capdesk.models.team import MemberAssignment, MemberRate, TeamMember, TimeLog
from capdesk.models.twilio_call import TwilioCall

__all__ = [
    "AppUser",
    "Base",
    "BonusEvent",
    "BonusRule",
    "Call",
    "CallDetail",
    "Campaign",
    "CampaignStatusChange",
    "Connection",
    "CostRollup",
    "Desk",
    "Evaluation",
    "EventDetail",
    "EventTally",
    "Experiment",
    "ExperimentRun",
    "ExperimentTransition",
    "ExplicitEvent",
    "ImportBatch",
    "ImportProfile",
    "ImportReject",
    "Lead",
    "LeadContact",
    "LeadStatus",
    "MemberAssignment",
    "MemberRate",
    "NotificationAttempt",
    "NotificationLog",
    "NotificationOutcome",
    "OverrideLog",
    "Product",
    "ProviderCharge",
    "ProviderMapping",
    "Reversal",
    "Seal",
    "SealBlock",
    "SyncOutcome",
    "SyncRun",
    "SyncStep",
    "TeamMember",
    "TimeLog",
    "TwilioCall",
    "staged_call",
    "staged_charge",
    "staged_coverage",
    "staged_event",
    "staged_lead",
    "staged_time_log",
    "staged_twilio_call",
]
