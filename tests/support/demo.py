"""A demo desk built once, and as many copies of it as tests want: cheap, because the database copies itself."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import URL

from capdesk.bootstrap import Desk, call_source, cost_source
from capdesk.services.clock import SystemClock
from capdesk.services.database.session import make_engine
from capdesk.services.demo.build import build
from capdesk.services.sync import sync

_numbers = itertools.count(1)
_TEMPLATE = "capdesk_demo"


@dataclass(frozen=True)
class DemoTemplate:
    """`statement` runs as the server's administrator; `url` is the application's way to a database of that name."""

    folder: Path
    zone: str
    statement: Callable[[str], None]
    url: Callable[[str], URL]

    def build(self) -> None:
        """About six seconds."""
        self._make(_TEMPLATE, "capdesk_template")
        with _opened(self.folder, self.url(_TEMPLATE), self.zone) as desk:
            pull = partial(sync, desk, open_source=partial(cost_source, desk), open_calls=partial(call_source, desk))
            build(desk, self.folder / "sources", day=None, seed=1, pull=lambda day: pull(since=day), tell=_hush)
            desk.seal()

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Desk]:
        """A desk of its own, with everything in it; what it is connected to does not answer any more."""
        shutil.copytree(self.folder, folder)
        name = f"{_TEMPLATE}_{next(_numbers)}"
        self._make(name, _TEMPLATE)
        try:
            with _opened(folder, self.url(name), self.zone) as desk:
                yield desk
        finally:
            self.statement(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self, name: str, template: str) -> None:
        self.statement(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        self.statement(f"ALTER DATABASE {name} SET search_path = capdesk")


def _opened(folder: Path, url: URL, zone: str) -> Desk:
    return Desk(folder, SystemClock(), make_engine(url), ZoneInfo(zone), 1)


def _hush(_words: str) -> None:
    """Nobody listens."""
