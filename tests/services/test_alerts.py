"""Interrupt alerts: once per threshold, cap in force and recipient; they act on nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from capdesk.bootstrap import Desk
from capdesk.errors import DeliveryFailed, DeliveryUnknown, RuleRefused
from capdesk.models.base import Verdict
from capdesk.services.alerts import alerts_text, list_alerts, send_alerts
from capdesk.services.evaluations import Decision, evaluate
from capdesk.services.notifications import sending_text
from capdesk.services.providers.mail import OutboxMailer
from tests.services.sync.pulling import SID, Fakes, connect
from tests.support import builders
from tests.support.builders import Ids
from tests.support.facts import Facts
from tests.support.senders import logged, set_mail

LOST = DeliveryUnknown("The connection was lost.")
REFUSED = DeliveryFailed("Nothing was sent: the mailbox is full.")


@pytest.fixture
def running(desk: Desk) -> Ids:
    """An experiment with a cap of $1,000 and 10 days, started yesterday; its Twilio costs are mapped."""
    set_mail(desk, 25)
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=1))
    Facts(desk).map("twilio", ids.campaign, account="AC1")
    return ids


def spend(desk: Desk, usd: str) -> None:
    """Yesterday's Twilio cost is stated as this much."""
    Facts(desk).charge(yesterday(desk), usd)


def yesterday(desk: Desk) -> date:
    return (builders.database_now(desk) - timedelta(days=1)).date()


def sent(desk: Desk) -> list[str]:
    return [one.period for one in logged(desk, "alert") if one.state == "sent"]


def test_that_a_cap_reached_by_a_pulled_cost_is_due_as_soon_as_it_is_pulled(desk: Desk) -> None:
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=3))
    Facts(desk).map("twilio", ids.campaign, account=SID)
    connect(desk)
    fakes = Fakes()
    fakes.twilio.state(SID, yesterday(desk), "700")
    fakes.sync(desk, "twilio")
    assert list_alerts(desk).due == ()
    fakes.twilio.state(SID, yesterday(desk), "910")
    fakes.sync(desk, "twilio")
    [due] = list_alerts(desk).due
    assert due.alert.sentence == "91 % of the capital cap is spent ($910.00 of $1,000.00)."
    set_mail(desk, 25)
    outbox = OutboxMailer()
    assert [one.state for one in send_alerts(desk, outbox).deliveries] == ["sent"]
    fakes.sync(desk, "twilio")
    assert send_alerts(desk, outbox).deliveries == ()
    assert len(outbox.arrived) == 1


@pytest.mark.usefixtures("running")
def test_that_no_alert_is_due_below_80_percent(desk: Desk) -> None:
    spend(desk, "799.999999")
    assert alerts_text(list_alerts(desk)) == "No alert is due."
    assert send_alerts(desk, OutboxMailer()).deliveries == ()


def test_that_an_alert_names_experiment_and_figures_and_is_sent_once(desk: Desk, running: Ids) -> None:
    spend(desk, "820")
    outbox = OutboxMailer()
    first, second = send_alerts(desk, outbox), send_alerts(desk, outbox)
    assert sent(desk) == [f"experiment:{running.experiment}:capital:80:1000.000000"]
    assert [message.subject for message in outbox.arrived] == [
        "capdesk alert: Scripts: 82 % of the capital cap is spent ($820.00 of $1,000.00)."
    ]
    assert "$820.00 of $1,000.00" in outbox.arrived[0].text
    assert (first.exit_code, second.exit_code, second.deliveries) == (0, 0, ())
    assert sending_text(first).startswith("The alert of Scripts (82 % of the capital cap is spent")


def test_that_listing_sends_and_records_nothing(desk: Desk, running: Ids) -> None:
    spend(desk, "820")
    listed = [list_alerts(desk) for _ in range(2)]
    assert [len(one.due) for one in listed] == [1, 1]
    assert listed[0].due[0].to == ("olga@example.com",)
    assert alerts_text(listed[0]) == "Spring / Scripts: 82 % of the capital cap is spent ($820.00 of $1,000.00)."
    assert logged(desk, "alert") == []


@pytest.mark.usefixtures("running")
def test_that_a_jump_over_several_thresholds_sends_the_highest_and_never_the_lower_ones(desk: Desk) -> None:
    outbox = OutboxMailer()
    for usd in ("950", "850", "1000"):
        spend(desk, usd)
        send_alerts(desk, outbox)
    assert [one.split(":")[3] for one in sent(desk)] == ["90", "100"]
    assert len(outbox.arrived) == 2


def test_that_the_same_threshold_of_a_new_cap_is_sent_anew(desk: Desk, running: Ids) -> None:
    spend(desk, "820")
    send_alerts(desk, OutboxMailer())
    more = Decision(Verdict.CONTINUE, "It pays", capital_cap_usd=Decimal(2000))
    evaluate(desk, running.experiment, more)
    assert send_alerts(desk, OutboxMailer()).deliveries == ()
    spend(desk, "1600")
    send_alerts(desk, OutboxMailer())
    assert [one.split(":")[3:] for one in sent(desk)] == [["80", "1000.000000"], ["80", "2000.000000"]]


@pytest.mark.usefixtures("running")
def test_that_a_recipient_who_came_later_is_told_too(desk: Desk) -> None:
    spend(desk, "820")
    send_alerts(desk, OutboxMailer())
    set_mail(desk, 25, "olga@example.com", "ivan@example.com")
    outbox = OutboxMailer()
    send_alerts(desk, outbox)
    assert [message.recipient for message in outbox.arrived] == ["ivan@example.com"]


@pytest.mark.usefixtures("running")
def test_that_a_refused_alert_is_tried_again_and_says_the_same(desk: Desk) -> None:
    spend(desk, "820")
    outbox = OutboxMailer([REFUSED])
    first = send_alerts(desk, outbox)
    spend(desk, "830")
    second = send_alerts(desk, outbox)
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert "82 %" in outbox.arrived[0].subject


@pytest.mark.usefixtures("running")
def test_that_a_refused_alert_gives_way_to_a_higher_one(desk: Desk) -> None:
    spend(desk, "820")
    outbox = OutboxMailer([REFUSED])
    send_alerts(desk, outbox)
    spend(desk, "910")
    send_alerts(desk, outbox)
    send_alerts(desk, outbox)
    assert [message.subject.split(": ")[2][:4] for message in outbox.arrived] == ["91 %"]


@pytest.mark.usefixtures("running")
def test_that_an_alert_nobody_can_tell_of_is_sent_again_by_its_owner_alone(desk: Desk) -> None:
    spend(desk, "820")
    outbox = OutboxMailer([LOST])
    send_alerts(desk, outbox)
    assert alerts_text(list_alerts(desk)).endswith("send it again with: capdesk alerts --send --again")
    assert send_alerts(desk, outbox).exit_code == 1
    assert len(outbox.arrived) == 1
    assert send_alerts(desk, outbox, again=True).exit_code == 0
    assert (len(outbox.arrived), alerts_text(list_alerts(desk))) == (2, "No alert is due.")


def test_that_time_has_its_own_alerts(desk: Desk) -> None:
    set_mail(desk, 25)
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))
    outbox = OutboxMailer()
    send_alerts(desk, outbox)
    assert sent(desk) == [f"experiment:{ids.experiment}:time:80:10"]
    assert outbox.arrived[0].subject == "capdesk alert: Scripts: 1 of 10 days is left."


def test_that_a_paused_experiment_is_told_of_and_an_ended_one_is_not(desk: Desk, running: Ids) -> None:
    spend(desk, "820")
    builders.move(desk, running.experiment, "pause")
    assert len(list_alerts(desk).due) == 1
    builders.move(desk, running.experiment, "complete")
    assert list_alerts(desk).due == ()


def test_that_without_recipients_alerts_are_listed_and_sending_is_refused(desk: Desk) -> None:
    builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))
    assert [one.to for one in list_alerts(desk).due] == [()]
    with pytest.raises(RuleRefused, match="capdesk settings set"):
        send_alerts(desk)
