"""What every command shares: the open desk, `--json`, tables for people."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from capdesk.errors import Stopped
from capdesk.services.plain import plain

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class App:
    """What the root command was told; opens the desk when a command first needs it."""

    folder: Path
    database_url: str | None = None
    as_json: bool = False
    _desk: "Desk | None" = None

    @property
    def desk(self) -> "Desk":
        if self._desk is None:
            from capdesk.bootstrap import open_desk  # noqa: PLC0415 - SQLAlchemy loads only where it is used

            self._desk = open_desk(self.folder, database_url=self.database_url)
        return self._desk

    @property
    def changed(self) -> bool:
        """Whether the command recorded something, or was about to."""
        return self._desk is not None and self._desk.changed

    def close(self) -> None:
        if self._desk is not None:
            try:
                self._desk.close()
            except KeyboardInterrupt:
                raise Stopped(self.changed) from None
            finally:
                self._desk = None

    def show(self, value: object, text: str) -> None:
        """Prints the value as JSON where `--json` was asked for, else the text."""
        click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2) if self.as_json else text)


def _take_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().obj.as_json = True


def printing(function: F) -> F:
    """Adds `--json` to a command and hands it the App first."""
    option = click.option(
        "--json", is_flag=True, expose_value=False, callback=_take_json, help="Print JSON for programs."
    )
    return option(click.pass_obj(function))  # type: ignore[return-value]


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> str:
    """Aligned columns; numbers to the right, a nameless column only where it says something.

    `empty` says what to do first where there is nothing.
    """
    cells = [["—" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        return empty
    shown = [i for i, header in enumerate(headers) if header or any(row[i] for row in cells)]
    headers, cells = [headers[i] for i in shown], [[row[i] for i in shown] for row in cells]
    widths = [max(len(header), *(len(row[i]) for row in cells)) for i, header in enumerate(headers)]
    right = [all(_numeric(row[i]) for row in cells) for i in range(len(headers))]

    def line(row: Sequence[str]) -> str:
        parts = (cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True))
        return "  ".join(parts).rstrip()

    rules = ["─" * width if header else " " * width for header, width in zip(headers, widths, strict=True)]
    return "\n".join([line(headers), "  ".join(rules).rstrip(), *map(line, cells)])


def _numeric(cell: str) -> bool:
    return cell == "—" or cell.strip("-$+").replace(",", "").replace(".", "", 1).isdigit()


class Lazy(click.Group):
    """A group whose commands are imported when they are called: `name -> module:attribute`."""

    def __init__(self, *args: Any, lazy: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy or {}

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Stopped(isinstance(ctx.obj, App) and ctx.obj.changed) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        import importlib  # noqa: PLC0415

        module, attribute = self._lazy[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command
