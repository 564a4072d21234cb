"""Desks that send: settings, other processes that send at the same moment, and ones that die while they do."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL

from capdesk.bootstrap import Desk
from capdesk.services.clock import FixedClock
from capdesk.services.dates import Week
from capdesk.services.notifications import Notification, notifications
from capdesk.services.notifications.log import Kind
from capdesk.services.settings import change_settings

_ROOT = Path(__file__).parents[2]
_SENDER = """
import os, signal, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.database.session import make_engine
from capdesk.services.dates import Week
from capdesk.services.notifications import send_weekly
from sqlalchemy import make_url

desk = Desk(Path("."), SystemClock(), make_engine(make_url(sys.argv[1])), ZoneInfo("America/New_York"), 1)
print("ready", flush=True)
sys.stdin.readline()
for week in sys.argv[2:]:
    for delivery in send_weekly(desk, Week.parse(week)).deliveries:
        print(delivery.state, delivery.fresh, flush=True)
desk.close()
"""


def set_mail(desk: Desk, port: int, *recipients: str) -> None:
    """A mail server on this machine without encryption."""
    desk.write(
        lambda session: change_settings(
            session,
            desk.owner_id,
            mail_host="127.0.0.1",
            mail_port=port,
            mail_from="desk@example.com",
            mail_security="plain",
            recipients=list(recipients or ("olga@example.com",)),
        )
    )


def on_friday(desk: Desk) -> Desk:
    """A desk whose emails go to Olga, on Friday noon of 2026-W47."""
    set_mail(desk, 25)
    desk.clock = FixedClock(datetime(2026, 11, 20, 17, tzinfo=UTC))
    return desk


def logged(desk: Desk, kind: Kind = "weekly") -> list[Notification]:
    return desk.read(lambda session: notifications(session, kind))


class Sender:
    """A process that sends the emails of some weeks, from the moment it is told to."""

    def __init__(self, database: URL, *weeks: Week) -> None:
        address = database.render_as_string(hide_password=False)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SENDER, address, *map(str, weeks)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def said(self) -> list[str]:
        """What became of each email, in order."""
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return out.splitlines()

    def kill(self) -> None:
        """As the system does it, without a last word."""
        self.process.kill()
        self.process.communicate(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.kill()
