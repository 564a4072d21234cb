"""A desk whose secrets lie in memory."""

from collections.abc import Iterator

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.secrets import MemorySecrets
from tests.conftest import TestDatabase
from tests.support.sitting import with_secrets


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def safe(database: TestDatabase, desk: Desk, secrets: MemorySecrets) -> Iterator[Desk]:
    """A desk whose secrets lie in memory."""
    with with_secrets(database, desk, secrets) as opened:
        yield opened
