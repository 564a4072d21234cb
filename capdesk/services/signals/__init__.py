"""Signals: what an experiment's figures say, for people to act on. Nothing here acts, reads or writes.

Spend may fall as well as rise: a credit, a restatement or a reversing row lowers it.
Thresholds are compared exactly; only sentences round. Estimates (`pace`) feed no reason and no alert.
"""

from capdesk.services.signals.alerts import alerts_due
from capdesk.services.signals.caps import caps_in_force, time_used
from capdesk.services.signals.estimates import pace
from capdesk.services.signals.provisional import gcp_final_on, is_provisional, twilio_final_on
from capdesk.services.signals.reasons import recommendation
from capdesk.services.signals.tranches import tranche_table, tranches_completed, tranches_consumed
from capdesk.services.signals.values import (
    Alert,
    AlertKey,
    AlertKind,
    Caps,
    DayFigures,
    PastEvaluation,
    Rules,
    Standing,
)

__all__ = [
    "Alert",
    "AlertKey",
    "AlertKind",
    "Caps",
    "DayFigures",
    "PastEvaluation",
    "Rules",
    "Standing",
    "alerts_due",
    "caps_in_force",
    "gcp_final_on",
    "is_provisional",
    "pace",
    "recommendation",
    "time_used",
    "tranche_table",
    "tranches_completed",
    "tranches_consumed",
    "twilio_final_on",
]
