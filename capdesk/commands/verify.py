"""`capdesk verify`: whether everything recorded is still what it was."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from capdesk.commands.base import App, printing
from capdesk.errors import UsageRefused

if TYPE_CHECKING:
    from capdesk.services.verify import Progress, Verification


@click.command("verify")
@click.option("--head", metavar="HEX", help="A seal from an old weekly email: proves that nothing before it changed.")
@printing
def verify(app: App, head: str | None) -> int:
    """Check schema, seals, every sealed row and every derived figure."""
    from capdesk.services.verify import verify as service  # noqa: PLC0415 - SQLAlchemy loads only where it is used

    wanted = None if head is None else _checked(head)
    with _watched() as progress:
        found = app.desk.read(lambda session: service(session, head=wanted, progress=progress))
    app.show(found, _page(found))
    return 0 if found.ok else 1


def _checked(head: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", head.strip()):
        raise UsageRefused(f"'{head[:80]}' is no seal; copy all 64 digits from the last line of a weekly email.")
    return head.strip().lower()


def _page(found: "Verification") -> str:
    from capdesk.services.reports.wording import counted  # noqa: PLC0415

    rows, seals = counted(found.sealed_rows, "row"), counted(found.seals, "seal")
    lines = [
        f"{rows} under {seals}, {found.truths} kinds of derived figures",
        f"{counted(found.unsealed_rows, 'row')} recorded since the last seal",
        f"head {found.head or '—'}",
    ]
    if found.head_found:
        lines.append("The head given is in the chain: nothing before it was changed, added or removed.")
    if found.ok:
        return "\n".join([*lines, "No difference."])
    named = [f"✗ {one}" for one in found.differences]
    return "\n".join([*lines, *named, f"{counted(len(named), 'difference')}."])


@contextmanager
def _watched() -> "Iterator[Progress]":
    """A progress bar on a terminal, from the second second on."""
    from capdesk.services.verify.difference import unwatched  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield unwatched
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda name, done, total: bar.update(task, description=name, completed=done, total=total)
