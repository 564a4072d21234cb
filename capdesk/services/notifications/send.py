"""One email on its way: attempt, send, outcome."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from capdesk.errors import DeliveryFailed, DeliveryUnknown, RuleRefused
from capdesk.services.notifications import log
from capdesk.services.notifications.log import Notification, State
from capdesk.services.notifications.post import Post
from capdesk.services.providers.mail import Message
from capdesk.services.reports.render_mail import Letter

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

OWNER_SENDS_AGAIN = "the owner chose to send it again"


@dataclass(frozen=True)
class Delivery:
    """What became of one email. `fresh` is false where it was so before; `detail` is one sentence for people."""

    recipient: str
    period: str
    state: State
    fresh: bool
    detail: str


@dataclass(frozen=True)
class Sending:
    """What became of all emails of one firing. `skipped` are earlier weeks that were missed and are now named."""

    deliveries: tuple[Delivery, ...]
    skipped: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where every email is sent, now or before, or on its way."""
        return 0 if all(one.state in ("sent", "sending") for one in self.deliveries) else 1


def sending_text(sending: Sending) -> str:
    return "\n".join(one.detail for one in sending.deliveries)


@dataclass(frozen=True)
class Job:
    """One email to take on its way: what it is called, its letter, and how the owner has it sent again."""

    name: str
    letter: Callable[[], Letter]
    again_command: str


def deliver(desk: "Desk", post: Post, notification: Notification, job: Job, *, again: bool) -> Delivery:
    """Sends it unless it was sent, is being sent, or may have been sent; `again` overrules only the last."""
    with log.sole_sender(desk.engine, notification.id) as mine:
        if not mine:
            return _told(notification, "sending", job)
        now = _reread(desk, notification)
        if now.state == "unknown" and again and now.attempt_id is not None:
            attempt = now.attempt_id
            desk.write(lambda s: log.record_outcome(s, now.id, attempt, "failed", OWNER_SENDS_AGAIN))
        elif now.state not in ("due", "failed"):
            return _told(now, now.state, job)
        return _attempt(desk, post, now, job)


def _attempt(desk: "Desk", post: Post, notification: Notification, job: Job) -> Delivery:
    message = _message(desk, post, notification, job.letter())
    try:
        attempt = desk.write(lambda session: log.record_attempt(session, notification, message.message_id))
    except RuleRefused:  # another process was first
        now = _reread(desk, notification)
        return _told(now, now.state, job)
    state: State = "sent"
    try:
        detail = post.mailer.send(message)
    except DeliveryFailed as error:
        state, detail = "failed", str(error)
    except DeliveryUnknown as error:
        state, detail = "unknown", str(error)
    desk.write(lambda session: log.record_outcome(session, notification.id, attempt, state, detail))
    return _told(_reread(desk, notification), state, job, fresh=True)


def _reread(desk: "Desk", notification: Notification) -> Notification:
    """As it is now, asked by its sole sender: who seems to be sending it is this process."""
    found = desk.read(lambda session: log.notifications(session, notification.kind, notification.period))
    now = next(one for one in found if one.id == notification.id)
    if now.state != "sending":
        return now
    return replace(now, state="due" if now.attempt_id is None else "unknown")


def _message(desk: "Desk", post: Post, notification: Notification, letter: Letter) -> Message:
    name = re.sub(r"[^A-Za-z0-9.-]", "-", f"{notification.kind}-{notification.period}")[:60]
    number = f"{notification.id}-{notification.attempts + 1}-{post.instance}"
    return Message(
        sender=post.sender,
        recipient=notification.recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        message_id=f"<{name}-{number}@{post.sender.rpartition('@')[2]}>",
        date=desk.clock.now(),
    )


def _told(notification: Notification, state: State, job: Job, *, fresh: bool = False) -> Delivery:
    who, why = notification.recipient, notification.detail
    name = job.name[0].upper() + job.name[1:]
    match state:
        case "sent":
            text = f"{name} {'is sent' if fresh else 'was already sent'} to {who}."
        case "sending" | "due":
            text = f"{name} is being sent to {who} by another capdesk process just now."
        case "failed":
            text = f"{name} did not go to {who} and is tried again next time: {why}"
        case "skipped":
            text = f"{name} to {who} was skipped because its time had passed; a later email names it."
        case _:
            text = (
                f"Nobody can tell whether {job.name} reached {who}; look into the mailbox, and only if it is not there "
                f"send it again with: {job.again_command}"
            )
    return Delivery(who, notification.period, state, fresh, text)
