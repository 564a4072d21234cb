"""Somebody at a terminal, as a script: what they answer, and what they were asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk
from capdesk.services.database.session import make_engine
from capdesk.services.secrets import Secrets
from tests.conftest import TestDatabase


@dataclass
class ScriptedPerson:
    """Answers in order: a text, True or False, None for just Enter; an exception is raised. Then they leave."""

    answers: list[str | bool | BaseException | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def text(self, question: str, default: str = "") -> str:
        answer = self._next(question)
        assert answer is None or isinstance(answer, str), f"{question}: {answer!r}"
        return default if answer is None else answer

    def secret(self, question: str) -> str:
        return self.text(question)

    def agrees(self, question: str, *, default: bool) -> bool:
        answer = self._next(question)
        assert answer is None or isinstance(answer, bool), f"{question}: {answer!r}"
        return default if answer is None else answer

    def _next(self, question: str) -> str | bool | None:
        self.asked.append(question)
        if not self.answers:
            raise click.Abort
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


@contextmanager
def with_secrets(database: TestDatabase, desk: Desk, secrets: Secrets) -> Iterator[Desk]:
    """The same desk with these secrets."""
    engine = make_engine(database.app)
    with Desk(desk.folder, desk.clock, engine, desk.zone, desk.owner_id, _secrets=secrets) as opened:
        yield opened


def everything_kept(desk: Desk) -> str:
    """Every row of every table, as text."""

    def dump(session: Session) -> str:
        names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'capdesk' ORDER BY 1")).all()
        rows = [row for name in names for row in session.scalars(text(f"SELECT t::text FROM {name} t"))]
        return "\n".join(rows)

    return desk.read(dump)
