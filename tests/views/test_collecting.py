"""Python's search for garbage, which stops the window as well."""

import gc
from collections.abc import Iterator

import pytest

from capdesk.views.collecting import search_less


@pytest.fixture
def as_before() -> Iterator[None]:
    """The search as other tests know it."""
    often = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*often)


@pytest.mark.usefixtures("as_before")
def test_that_what_stays_is_left_out_and_the_rest_is_still_found() -> None:
    before = gc.get_threshold()
    search_less()
    assert gc.get_freeze_count() > 10_000
    assert gc.isenabled()
    assert gc.get_threshold() > before
    own: list[object] = []
    own.append(own)
    del own
    assert gc.collect() >= 1
