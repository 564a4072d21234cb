"""A desk connected to both providers on this computer."""

from collections.abc import Iterator

import pytest
import stamina

from capdesk.bootstrap import Desk
from tests.services.sync.pulling import today
from tests.support import builders
from tests.support.facts import Facts
from tests.support.outside import MAIN, Outside
from tests.support.pulled import Pulled


@pytest.fixture
def outside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Both providers, connected; the main account's costs go to a running experiment."""
    with Outside(today(desk)) as providers:
        for name, value in providers.environment().items():
            monkeypatch.setenv(name, value)
        providers.connect(desk)
        Facts(desk).map("twilio", builders.running_experiment(desk).campaign, account=MAIN)
        yield providers


@pytest.fixture
def pulled(desk: Desk, outside: Outside) -> Pulled:
    return Pulled(desk, outside)


@pytest.fixture
def retries_at_once() -> Iterator[None]:
    """Twilio is asked again as often as in earnest, without waiting."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
