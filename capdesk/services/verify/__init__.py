"""Whether everything recorded is still what it was, and everything derived still follows from it. Reads only."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.services.database.fingerprint import differences as schema_differences
from capdesk.services.database.seals import sealed_columns
from capdesk.services.verify.chain import Chain, read_chain
from capdesk.services.verify.difference import Difference, Progress, unwatched
from capdesk.services.verify.rows import check_rows
from capdesk.services.verify.truth import check_truths
from capdesk.services.verify.truths_costs import COSTS
from capdesk.services.verify.truths_facts import FACTS
from capdesk.services.verify.truths_state import STATE

__all__ = ["TRUTHS", "Chain", "Difference", "Progress", "Verification", "read_chain", "verify"]

TRUTHS = (*FACTS, *COSTS, *STATE)


@dataclass(frozen=True)
class Verification:
    """What was looked at and what was found. `unsealed_rows` were recorded since the last seal: no seal covers them yet.

    `head_found` says whether an older head the owner kept is in the chain; None where none was given.
    """

    head: str | None
    head_found: bool | None
    seals: int
    sealed_rows: int
    unsealed_rows: int
    truths: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        return not self.differences


def verify(session: Session, *, head: str | None = None, progress: Progress = unwatched) -> Verification:
    """Checks schema, seals, sealed rows and derived figures; `head` is a seal's hash in hex from an old email.

    Nothing is skipped because something else is wrong: what cannot be read is a difference too.
    """
    chain = read_chain(session)
    found = [
        Difference("schema", name, "is not as capdesk made it") for name in schema_differences(session.connection())
    ]
    found += chain.differences
    found += check_rows(session, chain, progress)
    found += check_truths(session, TRUTHS, progress)
    head_found = None if head is None else head in chain.heads
    if head_found is False:
        found.append(Difference("seal", f"head {head}", "is not in the chain: what it sealed was cut off or rewritten"))
    return Verification(
        head=chain.head,
        head_found=head_found,
        seals=len(chain.heads),
        sealed_rows=chain.rows,
        unsealed_rows=_unsealed(session, chain),
        truths=len(TRUTHS),
        differences=tuple(found),
    )


def _unsealed(session: Session, chain: Chain) -> int:
    total = 0
    for table in sealed_columns():
        last = max((block.last_id for block in chain.blocks.get(table, ())), default=0)
        total += int(session.scalar(text(f"SELECT count(*) FROM {table} WHERE id > :last"), {"last": last}) or 0)  # noqa: S608
    return total
