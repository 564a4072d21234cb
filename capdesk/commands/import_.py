"""`capdesk import`: files of leads, team, hours, calls, events and provider costs become facts."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast, get_args

import click

from capdesk.commands.base import App, printing
from capdesk.errors import FileRefused, UsageRefused
from capdesk.services.imports.job import ImportKind, Options
from capdesk.services.imports.receipt import Receipt
from capdesk.services.plain import plain

if TYPE_CHECKING:
    from rich.progress import Progress

_SHOWN = 10
_AFTER_S = 2.0
_FILE = click.Path(path_type=Path)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--allow-unattributed", is_flag=True, help="Take calls and events from before the first run."),
        click.option("--whole-days", is_flag=True, help="A cost file states its days in full; take back what is gone."),
        click.option("--rejects", type=_FILE, help="Where rejected rows go; beside FILE if not given."),
        click.option("--receipt", type=_FILE, help="Also write the receipt, as JSON, to this file."),
        click.option("--dry-run", is_flag=True, help="Tell what would become of each row; record nothing."),
        click.option("--save-profile", metavar="NAME", help="Keep --map and --outcome for files with this header."),
        click.option(
            "--outcome", "outcomes", multiple=True, metavar="WORD=OUTCOME", help="What the file's word means."
        ),
        click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Which column carries a field."),
        click.option("--profile", help="How to read the columns; found by the header if not given."),
        click.option("--campaign", help="Name or id; leads, calls and events need it."),
    ):
        function = option(function)
    return function


@click.command("import")
@click.argument("kind", type=click.Choice(get_args(ImportKind)))
@click.argument("file", type=_FILE)
@_options
@printing
def import_(
    app: App,
    kind: str,
    file: Path,
    campaign: str | None,
    profile: str | None,
    receipt: Path | None,
    **given: Any,
) -> int:
    """Record FILE (CSV or JSON lines) in one go, and say what became of every row.

    The same file again lands nothing. Rejected rows go to a file to correct and import again. Exit code 0 only if no
    row was rejected.
    """
    from capdesk.services.imports.load import import_file  # noqa: PLC0415 - SQLAlchemy loads only where it is used

    options = _asked(given)
    with _kept(receipt) as keep, _Bar(file.name) as bar:
        found = import_file(
            app.desk,
            cast(ImportKind, kind),
            file,
            campaign=campaign,
            profile=profile,
            options=options,
            progress=bar.moved,
        )
        keep(found)
    app.show(found, _told(found))
    return 1 if found.rejected else 0


def _asked(given: Mapping[str, Any]) -> Options:
    return Options(
        mapping=_pairs("--map", given["mapping"], "started_at=Began"),
        outcomes=_pairs("--outcome", given["outcomes"], "Voicemail='No Answer'"),
        save_as=given["save_profile"],
        dry_run=given["dry_run"],
        rejects=given["rejects"],
        allow_unattributed=given["allow_unattributed"],
        whole_days=given["whole_days"],
    )


def _pairs(option: str, texts: tuple[str, ...], example: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise UsageRefused(f"'{text}' is no pair; write it like {option} {example}.")
        pairs[name.strip()] = value.strip()
    return pairs


@contextmanager
def _kept(path: Path | None) -> Iterator[Callable[[Receipt], None]]:
    """Writes the receipt; that it can be written is tried before anything is recorded."""
    if path is None:
        yield lambda _receipt: None
        return
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as part:
            pass
    except OSError as fault:
        raise FileRefused(f"The receipt cannot be written to '{path}' ({fault.strerror}); name another file.") from None
    place = Path(part.name)
    try:

        def keep(receipt: Receipt) -> None:
            text = json.dumps(plain(receipt), ensure_ascii=False, indent=2)
            place.write_text(text + "\n", encoding="utf-8")
            place.replace(path)

        yield keep
    finally:
        place.unlink(missing_ok=True)


class _Bar:
    """A progress bar on the terminal, for whom it takes longer than two seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started = time.monotonic()
        self._shown: Progress | None = None

    def moved(self, done: int, lines: int) -> None:
        if self._shown is None:
            if time.monotonic() - self._started < _AFTER_S or not sys.stderr.isatty():
                return
            self._shown = _bar(self._name, lines)
        self._shown.update(self._shown.task_ids[0], completed=done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown.stop()


def _bar(name: str, lines: int) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - 60 ms, for those who wait anyway
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    shown.add_task(name, total=lines)
    shown.start()
    return shown


def _told(receipt: Receipt) -> str:
    done = "Tried (dry run: nothing was recorded)" if receipt.dry_run else "Imported"
    where = f' into "{receipt.campaign}"' if receipt.campaign else ""
    counts = ("read", receipt.read), ("landed", receipt.landed), ("duplicate", receipt.duplicate)
    lines = [f"{done} {receipt.file}{where}{_read_as(receipt)}.", ""]
    lines += [f"  {name:<9}  {count:>11,}" for name, count in (*counts, ("rejected", receipt.rejected))]
    if receipt.rejects:
        lines += [
            "",
            *(f"  line {r.line}{f', {r.field}' if r.field else ''}: {r.reason}" for r in receipt.rejects[:_SHOWN]),
        ]
        if receipt.rejected > _SHOWN:
            lines.append(f"  … and {receipt.rejected - _SHOWN:,} more")
    if receipt.rejects_file:
        lines += ["", f"Correct the rejected rows in {receipt.rejects_file} and import that file."]
    if receipt.warnings:
        lines += ["", *(f"Note: {warning}" for warning in receipt.warnings)]
    return "\n".join(lines)


def _read_as(receipt: Receipt) -> str:
    delimiter = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}.get(receipt.delimiter or "", "JSON lines")
    return f" (profile {receipt.profile}, {receipt.encoding}, {delimiter})" if receipt.profile else ""
