"""Parsed rows into the tables where they wait for the function that records them."""

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from sqlalchemy import Table, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.services.database.seals import driver
from capdesk.services.imports.job import TableJob
from capdesk.services.imports.receipt import Answer

_STEP = 1000


def stage(session: Session, table: Table, rows: Iterable[Sequence[object]], types: Sequence[str] = ()) -> None:
    """COPY of rows in the order of the table's columns; binary, and faster, where their Postgres types are given."""
    names = ", ".join(column.name for column in table.columns)
    form = " (FORMAT binary)" if types else ""
    raw = connection_of(session)
    try:
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN{form}".encode()) as copy:
            if types:
                copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance("COPY", None, error, psycopg.Error) from error


def connection_of(session: Session) -> "psycopg.Connection[tuple[object, ...]]":
    """The driver's connection of the session's transaction."""
    return driver(session.connection().connection.driver_connection)


def numbered(job: TableJob, rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Rows as they are staged, with their batch first; tells the progress."""
    for count, row in enumerate(rows, 1):
        if count % _STEP == 0:
            job.progress(count, job.source.lines)
        yield (job.batch, *row)


def record(session: Session, function: str, *arguments: object) -> list[Answer]:
    """Calls a recording function; what it says of rows that did not land."""
    answers = getattr(func, function)(*arguments).table_valued("line", "status", "field", "reason")
    columns = answers.c
    found = session.execute(select(columns.line, columns.status, columns.field, columns.reason))
    return [(row[0], row[1], row[2], row[3]) for row in found]
