"""`capdesk alerts`: what is due, and sending it."""

from datetime import timedelta

from capdesk.bootstrap import Desk
from capdesk.services.providers.local.smtp import LocalSmtp
from tests.conftest import Capdesk
from tests.support import builders
from tests.support.senders import set_mail


def test_that_without_thresholds_reached_there_is_nothing_to_say(capdesk: Capdesk) -> None:
    assert (capdesk("alerts").code, capdesk("alerts").out) == (0, "No alert is due.\n")
    assert (capdesk("alerts", "--send").code, capdesk("alerts", "--send").out) == (0, "No alert is due.\n")


def test_that_a_due_alert_is_listed_then_sent_once(capdesk: Capdesk, desk: Desk) -> None:
    builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))
    with LocalSmtp() as server:
        set_mail(desk, server.port)
        assert capdesk("alerts").out == "Spring / Scripts: 1 of 10 days is left.\n"
        ran = capdesk("alerts", "--send", "--json")
        assert (ran.code, ran.json["deliveries"][0]["state"]) == (0, "sent")
        assert capdesk("alerts", "--send").out == "No alert is due.\n"
    assert len(server.arrived) == 1


def test_that_the_alerts_are_json_for_programs(capdesk: Capdesk, desk: Desk) -> None:
    builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))
    due = capdesk("alerts", "--json").json["due"]
    assert [(one["period"], one["alert"]["sentence"], one["to"]) for one in due] == [
        ("experiment:1:time:80:10", "1 of 10 days is left.", [])
    ]


def test_that_sending_without_mail_settings_names_the_command_that_sets_them(capdesk: Capdesk, desk: Desk) -> None:
    builders.running_experiment(desk, at=builders.database_now(desk) - timedelta(days=9))
    ran = capdesk("alerts", "--send")
    assert (ran.code, "capdesk settings set --mail-host" in ran.err) == (1, True)


def test_that_again_needs_send(capdesk: Capdesk) -> None:
    assert capdesk("alerts", "--again").code == 2


def test_that_the_weekly_email_is_sent_once_from_the_command_line(capdesk: Capdesk, desk: Desk) -> None:
    with LocalSmtp() as server:
        set_mail(desk, server.port)
        first, second = capdesk("report", "weekly", "--send"), capdesk("report", "weekly", "--send")
    assert (first.code, "is sent to olga@example.com" in first.out) == (0, True)
    assert (second.code, "was already sent to olga@example.com" in second.out) == (0, True)
    assert len(server.arrived) == 1
