"""Seals: hashes over ledger rows, chained, so that a later change of any of them is evident.

Rows are hashed as Postgres writes them in binary COPY, up to 1,000 consecutive ids to a block; a seal's root is the
hash of its blocks, and its hash covers the seal before. Whoever keeps an old head (each weekly email prints it) can
tell that nothing before it was changed, even by somebody who could rewrite the whole database.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

BLOCK_ROWS = 1000
GENESIS = bytes(32)
_COPY_HEADER = 19
_TRAILER = b"\xff\xff"
_ALONE = text(
    "SELECT pg_try_advisory_xact_lock(hashtext('capdesk ledger'))"
    " AND pg_try_advisory_xact_lock(hashtext('capdesk batches'))"
)


@dataclass(frozen=True)
class Block:
    """Consecutive rows of one table, and their hash."""

    table: str
    first_id: int
    last_id: int
    rows: int
    hash: bytes


@cache
def sealed_columns() -> dict[str, tuple[str, ...]]:
    """The sealed tables and their columns, in the order they are hashed. `id` comes first.

    The list is data, not the models: a column added later must not change what an old seal covers.
    """
    file = resources.files("capdesk.services.database") / "sealed.json"
    return {table: tuple(columns) for table, columns in json.loads(file.read_text(encoding="utf-8")).items()}


def seal(engine: Engine) -> bytes | None:
    """Seals every row recorded since the last seal; returns the new head, None where there was nothing to seal.

    Never waits: while another process writes, that process seals at its own end.
    """
    with engine.connect() as connection:
        if not connection.scalar(_ALONE):
            return None
        # Alone for this moment: every id up to these is committed or will never exist.
        upto = {table: connection.scalar(text(f"SELECT max(id) FROM {table}")) or 0 for table in sealed_columns()}  # noqa: S608
        connection.rollback()
        last_ids = connection.execute(text("SELECT table_name, max(last_id) FROM seal_block GROUP BY 1"))
        sealed: dict[str, int] = {row[0]: row[1] for row in last_ids}
        previous = connection.scalar(text("SELECT hash FROM seal ORDER BY id DESC LIMIT 1")) or GENESIS
        raw = driver(connection.connection.driver_connection)
        blocks = [
            block
            for table, last in upto.items()
            if last > sealed.get(table, 0)
            for block in fresh_blocks(raw, table, sealed.get(table, 0), last)
        ]
        connection.rollback()
        if not blocks:
            return None
        try:
            head = _append(engine, previous, blocks)
        except IntegrityError:
            return None  # another process sealed the same rows first
    return head


def driver(connection: object) -> "psycopg.Connection[tuple[object, ...]]":
    """The psycopg connection below SQLAlchemy's, for COPY."""
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(f"{type(connection).__name__} is no psycopg connection")
    return connection


def _append(engine: Engine, previous: bytes, blocks: list[Block]) -> bytes:
    root = root_of(blocks)
    head = hashlib.sha256(previous + root).digest()
    with engine.begin() as connection:
        number = connection.scalar(
            text(
                "INSERT INTO seal (previous_hash, root, hash, rows)"
                " VALUES (:previous, :root, :hash, :rows) RETURNING id"
            ),
            {"previous": previous, "root": root, "hash": head, "rows": sum(block.rows for block in blocks)},
        )
        connection.execute(
            text(
                "INSERT INTO seal_block (seal_id, table_name, first_id, last_id, rows, hash)"
                " VALUES (:seal, :table, :first, :last, :rows, :hash)"
            ),
            [
                {
                    "seal": number,
                    "table": b.table,
                    "first": b.first_id,
                    "last": b.last_id,
                    "rows": b.rows,
                    "hash": b.hash,
                }
                for b in blocks
            ],
        )
    return head


def root_of(blocks: list[Block]) -> bytes:
    """The hash over all blocks: each with its table, range, count and hash, lengths included."""
    whole = hashlib.sha256()
    for block in blocks:
        name = block.table.encode()
        whole.update(struct.pack(">H", len(name)) + name)
        whole.update(struct.pack(">qqq", block.first_id, block.last_id, block.rows) + block.hash)
    return whole.digest()


def fresh_blocks(
    connection: "psycopg.Connection[tuple[object, ...]]", table: str, after: int, upto: int
) -> Iterator[Block]:
    """The rows with after < id <= upto, in blocks; a block's range reaches to the row before the next."""
    rows = copied_rows(connection, table, after, upto)
    first, block = after + 1, list(islice(rows, BLOCK_ROWS))
    while block:
        following = list(islice(rows, BLOCK_ROWS))
        last = row_id(following[0]) - 1 if following else upto
        yield Block(table, first, last, len(block), hash_of(block))
        first, block = last + 1, following


def hash_of(rows: list[bytes]) -> bytes:
    return hashlib.sha256(b"".join(rows)).digest()


def row_id(row: bytes) -> int:
    """The id in a binary COPY row: a field count, a length, then eight bytes."""
    return int.from_bytes(row[6:14], "big", signed=True)


def copied_rows(
    connection: "psycopg.Connection[tuple[object, ...]]", table: str, after: int, upto: int
) -> Iterator[bytes]:
    """Rows as binary COPY writes them, in order of id; one item a row."""
    columns = ", ".join(sealed_columns()[table])
    rows = f"SELECT {columns} FROM {table} WHERE id > {int(after)} AND id <= {int(upto)} ORDER BY id"  # noqa: S608
    query = f"COPY ({rows}) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        items = iter(copy)
        opening = bytes(next(items, b""))[_COPY_HEADER:]  # the header comes along with the first row
        if len(opening) > len(_TRAILER):
            yield opening
        yield from (bytes(item) for item in items if len(item) > len(_TRAILER))


def head(engine: Engine) -> bytes | None:
    """The newest seal's hash."""
    with engine.connect() as connection:
        found: bytes | None = connection.scalar(text("SELECT hash FROM seal ORDER BY id DESC LIMIT 1"))
        return found
