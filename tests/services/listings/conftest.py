"""One crowded desk for all tests that only read."""

from collections.abc import Iterator

import pytest

from capdesk.bootstrap import Desk
from capdesk.services.database.embedded import Lease
from tests.services.listings.crowded import fill
from tests.support.facts import fresh_desk


@pytest.fixture(scope="session")
def crowded(server: Lease, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Nothing may be written to it."""
    folder = tmp_path_factory.mktemp("crowded")
    with fresh_desk(server, folder) as desk:
        fill(desk, folder)
        yield desk
