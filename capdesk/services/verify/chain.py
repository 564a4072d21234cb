"""The seals themselves: each covers its blocks and the seal before, and the blocks of a table leave no gap."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from capdesk.services.database.seals import GENESIS, Block, root_of, sealed_columns
from capdesk.services.verify.difference import Difference

_SEALS = text("SELECT id, previous_hash, root, hash, rows FROM seal ORDER BY id")
_BLOCKS = text("SELECT seal_id, table_name, first_id, last_id, rows, hash FROM seal_block ORDER BY seal_id, id")
_TOLD = text("SELECT DISTINCT about ->> 'seal' FROM notification_log WHERE about ->> 'seal' IS NOT NULL ORDER BY 1")


@dataclass(frozen=True)
class Chain:
    """All seals of a desk. `heads` are their hashes in hex, oldest first; `blocks` those of each table."""

    heads: tuple[str, ...]
    blocks: Mapping[str, Sequence[Block]]
    differences: tuple[Difference, ...]

    @property
    def head(self) -> str | None:
        return self.heads[-1] if self.heads else None

    @property
    def rows(self) -> int:
        return sum(block.rows for blocks in self.blocks.values() for block in blocks)


def read_chain(session: Session) -> Chain:
    """Recomputes every seal from its blocks, from the first one on. The rows below them are not read."""
    seals = session.execute(_SEALS).all()
    by_seal: dict[int, list[Block]] = defaultdict(list)
    by_table: dict[str, list[Block]] = defaultdict(list)
    for seal, *values in session.execute(_BLOCKS):
        block = Block(*values)
        by_seal[seal].append(block)
        by_table[block.table].append(block)
    heads = tuple(bytes(seal.hash).hex() for seal in seals)
    found = [*_seal_faults(seals, by_seal), *_gaps(by_table), *_lost_heads(session, heads)]
    return Chain(heads, by_table, tuple(found))


def _seal_faults(seals: Sequence[Row[Any]], by_seal: Mapping[int, list[Block]]) -> Iterator[Difference]:
    previous = GENESIS
    for seal in seals:
        blocks = by_seal.get(seal.id, [])
        if seal.previous_hash != previous:
            yield Difference("seal", f"seal {seal.id}", "does not follow the seal before it")
        if seal.root != root_of(blocks) or seal.rows != sum(block.rows for block in blocks):
            yield Difference("seal", f"seal {seal.id}", "does not cover its blocks")
        if seal.hash != hashlib.sha256(seal.previous_hash + seal.root).digest():
            yield Difference("seal", f"seal {seal.id}", "its hash is not that of what it covers")
        previous = seal.hash


def _gaps(by_table: Mapping[str, list[Block]]) -> Iterator[Difference]:
    for table, blocks in by_table.items():
        if table not in sealed_columns():
            yield Difference(table, "-", "is sealed, but capdesk knows no such table")
        blocks.sort(key=lambda block: block.first_id)
        expected = 1
        for block in blocks:
            if block.first_id != expected or block.last_id < block.first_id:
                yield Difference(table, where(block), f"a block should begin at id {expected}")
            expected = block.last_id + 1


def _lost_heads(session: Session, heads: Sequence[str]) -> Iterator[Difference]:
    """Each email says which head held then; all of those must still be in the chain."""
    for told in set(session.scalars(_TOLD)) - set(heads):
        yield Difference("seal", f"seal {told}", "an email told of it, and it is gone")


def where(block: Block) -> str:
    return f"ids {block.first_id}-{block.last_id}"
