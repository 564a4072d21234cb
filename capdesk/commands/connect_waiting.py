"""What a person at a terminal sees while a provider is asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from capdesk.services.providers.pull import Progress
from capdesk.services.reports.wording import counted


@contextmanager
def waiting(text: str) -> Iterator[Progress]:
    """Shows that something goes on, and how many rows were read; Ctrl-C stops it. Nothing where no terminal is."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms, for those who wait anyway
    from rich.progress import Progress as Shown  # noqa: PLC0415
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Shown(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(f"{text} (Ctrl-C stops)", total=None)
        yield lambda rows: shown.update(task, description=f"{text}: {counted(rows, 'row')} read (Ctrl-C stops)")


def _unseen(_rows: int) -> None:
    """Nobody watches."""
