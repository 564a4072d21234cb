"""The weekly email before it is sent: what would go out, to whom; and one email sent again by its owner."""

from datetime import UTC, datetime, timedelta

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed, DeliveryUnknown, NotFound, RuleRefused
from capdesk.services.alerts import send_alerts
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week, business_date
from capdesk.services.notifications import send_weekly
from capdesk.services.notifications.again import send_again, story
from capdesk.services.notifications.preview import weekly_preview
from capdesk.services.notifications.weekly import LetterChanged
from capdesk.services.providers.mail import OutboxMailer
from tests.support import builders
from tests.support.facts import Facts
from tests.support.senders import logged, on_friday, set_mail

W46 = Week(2026, 46)
LOST = DeliveryUnknown("The connection was lost.")


@pytest.fixture
def posted(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    return on_friday(desk)


def test_that_the_preview_is_the_email_each_recipient_gets(posted: Desk) -> None:
    outbox = OutboxMailer()
    send_weekly(posted, Week(2026, 44), outbox)
    set_mail(posted, 25, "olga@example.com", "ben@example.com")
    previews = {who: weekly_preview(posted, W46, recipient=who) for who in ("olga@example.com", "ben@example.com")}
    shown = previews["ben@example.com"].report.as_of
    send_weekly(posted, W46, outbox, shown=shown)
    for message in outbox.arrived[1:]:
        again = weekly_preview(posted, W46, shown, message.recipient)
        assert (message.subject, message.text, message.html) == (
            again.letter.subject,
            again.letter.text,
            again.letter.html,
        )
        assert previews[message.recipient].report.skipped_weeks == again.report.skipped_weeks
    assert previews["olga@example.com"].report.skipped_weeks == ("2026-W45",)


def test_that_looking_records_and_sends_nothing(posted: Desk) -> None:
    found = weekly_preview(posted)
    assert found.week == W46
    assert [(one.address, one.state) for one in found.recipients] == [("olga@example.com", None)]
    assert (found.missing, found.over, logged(posted)) == ((), True, [])


def test_that_the_running_week_is_shown_as_not_over(posted: Desk) -> None:
    assert not weekly_preview(posted, Week(2026, 47)).over


def test_that_what_changed_since_it_was_shown_is_not_sent(desk: Desk) -> None:
    start = builders.database_now(desk)
    builders.running_experiment(desk, at=start, days=60)
    set_mail(desk, 25)
    desk.clock = FixedClock(start + timedelta(days=7))
    shown = weekly_preview(desk)
    Facts(desk).hours(builders.member(desk), business_date(start, desk.zone))
    outbox = OutboxMailer()
    with pytest.raises(LetterChanged, match="look at it again"):
        send_weekly(desk, shown.week, outbox, shown=shown.report.as_of)
    assert (outbox.arrived, logged(desk)) == ([], [])


def test_that_an_unknown_email_is_sent_again_to_its_recipient_alone(posted: Desk) -> None:
    set_mail(posted, 25, "olga@example.com", "ben@example.com")
    outbox = OutboxMailer([LOST, LOST])
    send_weekly(posted, W46, outbox)
    olga = next(one for one in logged(posted) if one.recipient == "olga@example.com")
    delivery = send_again(posted, olga.id, outbox)
    assert (delivery.state, delivery.recipient) == ("sent", "olga@example.com")
    assert {one.recipient: one.state for one in logged(posted)} == {
        "olga@example.com": "sent",
        "ben@example.com": "unknown",
    }
    told = posted.read(lambda session: story(session, olga.id))
    assert [(one.number, one.outcome) for one in told.attempts] == [(1, "failed"), (2, "sent")]


def test_that_what_was_sent_is_not_sent_again(posted: Desk) -> None:
    outbox = OutboxMailer()
    send_weekly(posted, W46, outbox)
    again = send_again(posted, logged(posted)[0].id, outbox)
    assert (again.fresh, len(outbox.arrived)) == (False, 1)


def test_that_who_gets_no_emails_any_more_is_not_sent_an_old_one(posted: Desk) -> None:
    outbox = OutboxMailer([DeliveryFailed("The mailbox is full.")])
    send_weekly(posted, W46, outbox)
    set_mail(posted, 25, "ben@example.com")
    with pytest.raises(RuleRefused, match="gets no emails"):
        send_again(posted, logged(posted)[0].id, outbox)


def test_that_an_alert_sent_again_says_what_it_said(desk: Desk) -> None:
    start = builders.database_now(desk)
    ids = builders.running_experiment(desk, at=start, cap="100", tranche="50")
    Facts(desk).hours(builders.member(desk), business_date(start, desk.zone), "4.5")
    set_mail(desk, 25)
    outbox = OutboxMailer([LOST])
    send_alerts(desk, outbox)
    [alert] = logged(desk, "alert")
    Facts(desk).hours(builders.member(desk, "ben@example.com"), business_date(start, desk.zone), "1")
    assert send_again(desk, alert.id, outbox).state == "sent"
    first, second = outbox.arrived
    assert (first.text, first.html) == (second.text, second.html)
    assert desk.read(lambda session: story(session, alert.id)).experiment_id == ids.experiment


def test_that_an_unknown_number_is_one_sentence(desk: Desk) -> None:
    desk.clock = FixedClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
    with pytest.raises(NotFound, match="no notification 7"):
        desk.read(lambda session: story(session, 7))


def test_that_who_is_no_recipient_any_more_is_shown_as_such(posted: Desk) -> None:
    send_weekly(posted, W46, OutboxMailer([DeliveryFailed("The mailbox is full.")]))
    set_mail(posted, 25, "ben@example.com")
    found = weekly_preview(posted, W46).recipients
    assert [(one.address, one.state, one.gets_it) for one in found] == [
        ("ben@example.com", None, True),
        ("olga@example.com", "failed", False),
    ]
