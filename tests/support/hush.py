"""One canary of each kind of secret, where each may lie, and providers that repeat what they were told or strike."""

import base64
import json
import os
import re
import secrets
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.clock import SystemClock
from capdesk.services.connections import save_connection
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.providers.local.bigquery import ExportTable, LocalBigQuery
from capdesk.services.providers.local.http import Answer, Fault, Faults, Instead, Late, Request
from capdesk.services.providers.local.smtp import LocalSmtp, Step
from capdesk.services.providers.local.twilio import LocalTwilio
from capdesk.services.providers.local.twilio_records import account_record, call_record, made_sid, usage_day
from capdesk.services.secrets import open_secrets
from capdesk.services.secrets.file import KEY_BYTES, SecretsFile, seal
from capdesk.services.settings import change_settings
from tests.support import builders, canaries
from tests.support.canaries import Search, parts
from tests.support.certificates import Certificates
from tests.support.facts import Facts
from tests.support.watched import Watched, tables

MAIN, BELOW, KEY_SID = made_sid("AC", "main"), made_sid("AC", "below"), made_sid("SK", "key")
TABLE = "local-project.billing.gcp_billing_export_v1_01338E_BE3FD6_363B4C"
DAY = timedelta(days=1)
_EMAIL = "capdesk@local-project.iam.gserviceaccount.com"
_AWKWARD = " <>&\"'\\%/+@:"
"""What changes when a secret is put into a URL, HTML, JSON or a string literal."""


@dataclass(frozen=True, repr=False)
class Hush:
    """Secrets, fresh for each test."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    mistyped: str = field(default_factory=lambda: secrets.token_hex(16))
    key_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    below: str = field(default_factory=lambda: secrets.token_hex(16))
    key_id: str = field(default_factory=lambda: secrets.token_hex(20))
    mail: str = field(default_factory=lambda: f"knock{_AWKWARD}{secrets.token_hex(8)}")
    remote: str = field(default_factory=lambda: f"far{_AWKWARD}{secrets.token_hex(8)}")
    master: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES))
    filed: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES))

    @property
    def environ(self) -> dict[str, str]:
        return {"CAPDESK_MASTER_KEY": base64.b64encode(self.master).decode()}

    def service_account(self, google: LocalBigQuery) -> str:
        return json.dumps(json.loads(google.service_account(_EMAIL)) | {"private_key_id": self.key_id})

    def search(self, watched: Watched, service_account: str | None = None) -> Search:
        """For each of them, and those the desk made itself. What one is meant to lie in stands behind it."""
        server = json.loads((watched.desk / "postgres" / "passwords.json").read_text(encoding="utf-8"))
        google = [] if service_account is None else [json.loads(service_account)["private_key"]]
        return Search(
            [
                canaries.text("Twilio auth token", self.token),
                canaries.text("a mistyped auth token", self.mistyped),
                canaries.text("Twilio API key secret", self.key_secret),
                canaries.text("auth token of a subaccount", self.below),
                *(canaries.private_key("private_key", pem) for pem in google),
                canaries.text("private_key_id", self.key_id),
                canaries.text("OAuth access token", "local-token-"),
                canaries.text("SMTP password", self.mail),
                canaries.text("password of the application's role", server["app"], "desk/postgres/passwords.json"),
                canaries.text("password of the superuser", server["admin"], "desk/postgres/passwords.json"),
                canaries.text("password of a remote database", self.remote, "branch/database-url"),
                canaries.key("master key of the environment", self.master),
                canaries.key("master key of the key file", self.filed, "branch/master.key"),
                canaries.key("phone_key", _phone_key(watched), "table capdesk.desk", "desk/postgres/data/*"),
            ]
        )


@dataclass(frozen=True)
class Providers:
    """A Twilio with a subaccount, a Google and a mail server on this computer, each of which knows its secret."""

    twilio: LocalTwilio
    google: LocalBigQuery
    smtp: LocalSmtp


@contextmanager
def providers(hush: Hush, certificates: Certificates) -> Iterator[Providers]:
    noon = datetime.combine(yesterday(), time(12), UTC)
    with (
        LocalTwilio(
            MAIN,
            hush.token,
            subaccounts=[account_record(BELOW, "Spring", auth_token=hush.below)],
            usage=[*usage_day(MAIN, yesterday(), "40.00"), *usage_day(BELOW, yesterday(), "2.50")],
            calls=[call_record(MAIN, made_sid("CA", n), noon, duration=60) for n in range(3)],
            key_sid=KEY_SID,
            secret=hush.key_secret,
        ) as twilio,
        LocalBigQuery({TABLE: ExportTable([billing_row()])}) as google,
        LocalSmtp(user="desk", password=hush.mail, tls="starttls", ssl_context=certificates.server) as smtp,
    ):
        google.signed_in_only = True
        yield Providers(twilio, google, smtp)


def leaks(watched: Watched, found: Search, smtp: LocalSmtp | None = None) -> list[str]:
    """In all that was said, logged, written and given to others; in every table; in every e-mail."""
    mails = [part for mail in (smtp.arrived if smtp else ()) for part in parts("e-mail", mail.content)]
    return [*found.leaks(watched.evidence()), *found.leaks(tables(watched.desk)), *found.leaks(mails)]


def yesterday() -> date:
    return SystemClock().now().date() - DAY


def billing_row(currency: str = "USD") -> dict[str, Any]:
    at = f"{datetime.combine(yesterday(), time(8)):%Y-%m-%d %H:%M:%S} UTC"
    return {
        "billing_account_id": "01338E-BE3FD6-363B4C",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "0001-0001-0001", "description": "Core"},
        "usage_start_time": at,
        "usage_end_time": at,
        "project": {"id": "dialer", "labels": []},
        "labels": [],
        "export_time": at,
        "cost": 3.0,
        "currency": currency,
        "credits": [],
        "invoice": {"month": f"{yesterday():%Y%m}"},
        "cost_type": "regular",
    }


def nearly_spent(desk: Desk) -> None:
    """82 % of the cap of a running experiment, so that an alert is due."""
    ids = builders.running_experiment(desk, at=builders.database_now(desk) - 2 * DAY)
    Facts(desk).map("twilio", ids.campaign, account="AC1")
    Facts(desk).charge(yesterday(), "820")


def connect_all(desk: Desk, hush: Hush, to: Providers, service_account: str) -> None:
    """As somebody did who typed everything right."""

    def connect(session: Session) -> None:
        save_connection(session, "twilio", MAIN, base_url=to.twilio.url)
        save_connection(session, "gcp", TABLE, base_url=to.google.url, settings={"query_project": "local-project"})
        change_settings(session, desk.owner_id, mail_host="localhost", mail_port=to.smtp.port, mail_user="desk")
        change_settings(session, desk.owner_id, mail_from="desk@example.com", recipients=["olga@example.com"])

    desk.write(connect)
    kept = open_secrets(desk.folder, hush.environ)
    named = {f"twilio-{MAIN}": hush.token, "smtp-password": hush.mail, f"gcp-{TABLE}": service_account}
    for name, secret in named.items():
        kept.set(name, secret)


def make_nonsense(watched: Watched, hush: Hush, service_account: str) -> None:
    """Settings and secrets that nobody could have set: lists where text should be, text where a number should be."""
    with _superuser(watched) as session:
        session.execute("""UPDATE capdesk.connection SET settings = '{"max_bytes": "x"}' WHERE provider = 'gcp'""")
    values: Any = {f"twilio-{MAIN}": [hush.token], "smtp-password": [hush.mail], f"gcp-{TABLE}": service_account}
    SecretsFile(watched.desk).write(seal(values, "00" * 16, hush.master))


def always(answer: Callable[[Request], Answer], path: str = "") -> Faults:
    return lambda request: Instead(answer(request)) if path in request.path else None


def repeat(status: int, path: str = "") -> Faults:
    """An answer that says, wherever it can say anything, what was sent with the question."""
    return always(lambda request: _repeating(status, request), path)


def struck(watched: Watched, sign: int, *at: str) -> Faults:
    """The program gets the signal while it waits for the answer to the first request for each of these paths."""
    left = list(at)

    def decide(request: Request) -> Fault | None:
        for part in left:
            if part in request.path:
                left.remove(part)
                os.kill(watched.pid, sign)
                return Late(0.3)
        return None

    return decide


def struck_at(watched: Watched, wanted: str) -> Callable[[Step], None]:
    """The same for a step of the mail server's."""
    left = [wanted]

    def watch(step: Step) -> None:
        if step in left:
            left.remove(step)
            os.kill(watched.pid, signal.SIGUSR1)

    return watch


def logins(requests: Iterable[Request]) -> str:
    """Who asked, as `user:password` and `Bearer token`."""
    sent = " ".join(request.headers.get("authorization", "") for request in requests)
    return " ".join([sent, *(base64.b64decode(one).decode() for one in re.findall(r"Basic (\S+)", sent))])


def _repeating(status: int, request: Request) -> Answer:
    """HTML where it says all is well, else an error in the shape of the one that is asked."""
    sent = " ".join([logins([request]), request.body.decode(), *request.headers.values()])
    if status == 200:
        return Answer(200, f"<html>{sent}</html>".encode(), {"Content-Type": "text/html"})
    error = {"code": status, "status": sent, "message": sent, "errors": [{"reason": "invalidQuery", "message": sent}]}
    body = {"code": 20003, "message": sent, "more_info": sent, "error": error, "error_description": sent}
    headers = {"Content-Type": "application/json", "X-Sent": sent, "Location": sent}
    return Answer(status, json.dumps(body).encode(), headers)


def _phone_key(watched: Watched) -> bytes:
    with _superuser(watched) as session:
        [row] = session.execute("SELECT phone_key FROM capdesk.desk")
    return bytes(row[0])


@contextmanager
def _superuser(watched: Watched) -> Iterator[psycopg.Connection[Any]]:
    with (
        EmbeddedServer(watched.desk).attach() as lease,
        psycopg.connect(**lease.connection.as_admin("capdesk")) as session,
    ):
        yield session
