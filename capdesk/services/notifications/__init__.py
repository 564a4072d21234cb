"""Emails that are due: claimed, attempted and answered for in that order, each committed before the next.

Before the first byte of an email leaves, the attempt is in the log; so whatever happens to this process or the network,
nothing is sent twice by us and nothing is lost in silence. What nobody can tell of is `unknown`: the owner alone may
send it again.
"""

from capdesk.services.notifications.log import Notification, State, notifications
from capdesk.services.notifications.send import Delivery, Sending, sending_text
from capdesk.services.notifications.weekly import due_week, last_complete_week, send_weekly

__all__ = [
    "Delivery",
    "Notification",
    "Sending",
    "State",
    "due_week",
    "last_complete_week",
    "notifications",
    "send_weekly",
    "sending_text",
]
