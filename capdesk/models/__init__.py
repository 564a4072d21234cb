"""Tables, one file per aggregate, and the rules the database itself enforces."""

from capdesk.models.base import Base
from capdesk.models.call import Call, CallDetail, EventDetail, EventTally, ExplicitEvent
from capdesk.models.campaign import Campaign, CampaignStatusChange, Product
from capdesk.models.cost import BonusEvent, CostRollup, ProviderCharge, ProviderMapping
from capdesk.models.desk import AppUser, Desk
from capdesk.models.evaluation import Evaluation, OverrideLog
from capdesk.models.experiment import BonusRule, Experiment, ExperimentRun, ExperimentTransition
from capdesk.models.imports import ImportBatch, ImportProfile, ImportReject
from capdesk.models.lead import Lead, LeadContact, LeadStatus
from capdesk.models.notification import NotificationAttempt, NotificationLog, NotificationOutcome
from capdesk.models.reversal import Reversal
from capdesk.models.seal import Seal, SealBlock
from capdesk.models.staging import staged_call, staged_charge, staged_event, staged_lead, staged_time_log
from capdesk.models.team import MemberAssignment, MemberRate, TeamMember, TimeLog

__all__ = [
    "AppUser",
    "Base",
    "BonusEvent",
    "BonusRule",
    "Call",
    "CallDetail",
    "Campaign",
    "CampaignStatusChange",
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
    "TeamMember",
    "TimeLog",
    "staged_call",
    "staged_charge",
    "staged_event",
    "staged_lead",
    "staged_time_log",
]
