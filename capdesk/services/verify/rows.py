"""Every sealed row hashed again, block by block."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.services.database.seals import Block, copied_rows, driver, hash_of, row_id, sealed_columns
from capdesk.services.verify.chain import Chain, where
from capdesk.services.verify.difference import Difference, Progress

_BEFORE_ALL = -(2**63)


@dataclass
class _Count:
    """Rows read so far, and who wants to know."""

    progress: Progress
    total: int
    done: int = 0

    def add(self, table: str, rows: int) -> None:
        self.done += rows
        self.progress(table, self.done, self.total)


def check_rows(session: Session, chain: Chain, progress: Progress) -> list[Difference]:
    """Hashes the rows of every block again. A row that lies in no block, but before the last one, is named too."""
    count = _Count(progress, chain.rows)
    found: list[Difference] = []
    for table in sealed_columns():
        if not (blocks := chain.blocks.get(table, ())):
            continue
        try:
            with session.begin_nested():
                found += _check_table(session, table, blocks, count)
        except psycopg.Error as error:
            found.append(Difference(table, "-", f"cannot be read as it was sealed ({str(error).splitlines()[0]})"))
    return found


def unsealed_rows(session: Session, chain: Chain) -> int:
    """How many rows were recorded since the last seal, in the tables that can be read."""
    total = 0
    for table in sealed_columns():
        last = max((block.last_id for block in chain.blocks.get(table, ())), default=0)
        with suppress(DBAPIError), session.begin_nested():
            counted = text(f"SELECT count(*) FROM {table} WHERE id > :last")  # noqa: S608 - our own list of tables
            total += session.scalars(counted, {"last": last}).one()
    return total


class _Rows:
    """Rows in order of id, taken up to an id at a time."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def upto(self, last: int) -> list[bytes]:
        taken = []
        while self._next is not None and row_id(self._next) <= last:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


def _check_table(session: Session, table: str, blocks: Sequence[Block], count: _Count) -> list[Difference]:
    connection = driver(session.connection().connection.driver_connection)
    rows = copied_rows(connection, table, _BEFORE_ALL, max(block.last_id for block in blocks))
    found: list[Difference] = []
    waiting = _Rows(rows)
    for block in blocks:
        for stray in waiting.upto(block.first_id - 1):
            found.append(Difference(table, f"id {row_id(stray)}", "lies among sealed rows, but no seal covers it"))
        here = waiting.upto(block.last_id)
        if len(here) != block.rows:
            found.append(Difference(table, where(block), f"{block.rows} rows were sealed, {len(here)} are there"))
        elif hash_of(here) != block.hash:
            found.append(Difference(table, where(block), "a row is not what was sealed"))
        count.add(table, len(here))
    return found
