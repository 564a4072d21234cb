"""One notification looked at closely, and sent again because its owner says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from capdesk.errors import NotFound, RuleRefused
from capdesk.models import NotificationLog
from capdesk.services.alerts import alert_job
from capdesk.services.notifications import log
from capdesk.services.notifications.log import Notification
from capdesk.services.notifications.post import open_post, require_trusted
from capdesk.services.notifications.send import Delivery, deliver
from capdesk.services.notifications.weekly import send_one
from capdesk.services.providers.mail import Mailer

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_ATTEMPTS = text("""
SELECT a.number, a.recorded_at, a.message_id, o.outcome, coalesce(o.detail, '')
FROM notification_attempt a
LEFT JOIN LATERAL (SELECT outcome, detail FROM notification_outcome
                   WHERE attempt_id = a.id ORDER BY id DESC LIMIT 1) o ON true
WHERE a.notification_id = :id ORDER BY a.id
""")


@dataclass(frozen=True)
class Attempt:
    """One try. Without an outcome nobody can tell what became of it."""

    number: int
    at: datetime
    message_id: str
    outcome: str | None
    detail: str


@dataclass(frozen=True)
class Story:
    """All there is to tell of a notification. `experiment_id` is that of an alert."""

    notification: Notification
    due_at: datetime
    experiment_id: int | None
    attempts: tuple[Attempt, ...]


def story(session: Session, notification_id: int) -> Story:
    """Raises NotFound."""
    query = select(NotificationLog.kind, NotificationLog.period, NotificationLog.recorded_at).add_columns(
        NotificationLog.experiment_id
    )
    row = session.execute(query.where(NotificationLog.id == notification_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no notification {notification_id}.")
    kind, period, due_at, experiment_id = row
    known = log.notifications(session, kind, period)
    attempts = tuple(Attempt(*one) for one in session.execute(_ATTEMPTS, {"id": notification_id}))
    return Story(next(one for one in known if one.id == notification_id), due_at, experiment_id, attempts)


def send_again(desk: "Desk", notification_id: int, mailer: Mailer | None = None) -> Delivery:
    """Tries one email once more; only the owner may say so, who has looked whether it arrived.

    What was sent or skipped is not sent again. Raises NotFound, RuleRefused where nothing can be sent,
    SecretUnavailable, DatabaseUnavailable where the database is not to be trusted.
    """
    one = desk.read(lambda session: story(session, notification_id)).notification
    post = open_post(desk, mailer)
    require_trusted(desk)
    if one.recipient not in post.recipients:
        raise RuleRefused(
            f"{one.recipient} gets no emails of this desk any more: add the address to the recipients first."
        )
    if one.kind == "weekly":
        return send_one(desk, post, one)
    return deliver(desk, post, one, alert_job(one), again=True)
