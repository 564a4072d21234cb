"""Whom `capdesk connect` asks for what is missing: a person at a terminal, or nobody."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import click

from capdesk.errors import FileRefused, ProviderRefused, UsageRefused

T = TypeVar("T")
_LARGEST = 64 * 1024


class Person(Protocol):
    """Somebody who answers. Raises click.Abort when they leave."""

    def text(self, question: str, default: str = "") -> str:
        """What they typed, `default` for just Enter."""
        ...

    def secret(self, question: str) -> str:
        """What they typed unseen."""
        ...

    def agrees(self, question: str, *, default: bool) -> bool: ...


class AtTerminal:
    """Questions go to stderr, so that stdout holds the result alone."""

    def text(self, question: str, default: str = "") -> str:
        return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()

    def secret(self, question: str) -> str:
        return str(click.prompt(f"{question} (not shown)", default="", show_default=False, hide_input=True, err=True))

    def agrees(self, question: str, *, default: bool) -> bool:
        return click.confirm(question, default=default, err=True)


def somebody() -> Person | None:
    """The person at the terminal; None where input comes from elsewhere."""
    return AtTerminal() if sys.stdin is not None and sys.stdin.isatty() else None


def until_usable(ask: Callable[[], T]) -> T:
    """What a person's answer is made into; while it cannot be used, they read why and are asked again."""
    while True:
        try:
            return ask()
        except (UsageRefused, FileRefused, ProviderRefused) as error:
            click.echo(str(error), err=True)


def read_file(path: Path, what: str) -> str:
    """A small text file; `-` is standard input. Raises FileRefused, which never repeats what was read."""
    name = "Standard input" if path == Path("-") else str(path)
    try:
        raw = read_input() if path == Path("-") else _bytes(path)
        if len(raw) > _LARGEST:
            raise FileRefused(f"{name} is too large to hold {what}: name the right file.")
        return raw.decode("utf-8")
    except OSError as fault:
        raise FileRefused(f"{name} cannot be read ({fault.strerror or 'it does not open'}): check the path.") from None
    except UnicodeDecodeError:
        raise FileRefused(f"{name} is no text in UTF-8, so it holds no {what}: name the right file.") from None


def read_input() -> bytes:
    """What comes on standard input, at most somewhat more than any secret needs."""
    return b"" if sys.stdin is None else sys.stdin.buffer.read(_LARGEST + 1)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST + 1)
