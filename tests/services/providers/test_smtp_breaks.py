"""The line breaks or falls silent at each step of a send over TLS and after a login: sent, failed or unknown, once."""

from dataclasses import replace
from typing import Literal

import pytest

from capdesk.services.providers.local.smtp import Drops, Fault, Hangs, LocalSmtp, Step
from capdesk.services.providers.smtp import SmtpSettings
from tests.services.providers.test_smtp_lies import outcome
from tests.support.certificates import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


STEPS: tuple[Step, ...] = ("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "message", "quit")


def faults_at(step: Step) -> list[Fault]:
    return [
        *(Drops(step, "before", how) for how in ("fin", "rst")),
        *(Drops(step, "after", how) for how in ("fin", "rst")),
        Hangs(step),
    ]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_that_a_break_at_any_step_over_tls_never_doubles_the_message(
    certificates: Certificates, tls: Literal["starttls", "ssl"], step: Step
) -> None:
    for fault in faults_at(step):
        with LocalSmtp(
            user="desk", password="secret", tls=tls, ssl_context=certificates.server, faults=(fault,)
        ) as server:
            wait = 0.3 if isinstance(fault, Hangs) else 5.0
            settings = SmtpSettings(
                "localhost", server.port, tls, "desk", "secret", wait, wait, wait, certificates.cafile
            )
            first = outcome(settings)
            server.faults = ()
            if first == "failed":
                assert server.arrived == [], fault
                first = outcome(replace(settings, timeout=5, deadline=5, answer_timeout=5))
            assert len(server.arrived) == 1 or first == "unknown", fault
        assert len(server.arrived) <= 1, fault
