"""Whether everything recorded is still what it was, and everything derived still follows from it. Reads only."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from capdesk.services.database.fingerprint import differences as schema_differences
from capdesk.services.verify.chain import Chain, read_chain
from capdesk.services.verify.difference import Difference, Progress, unwatched
from capdesk.services.verify.rows import check_rows, unsealed_rows
from capdesk.services.verify.truth import all_truths, check_truths

__all__ = ["Chain", "Difference", "Progress", "Verification", "read_chain", "verify"]


@dataclass(frozen=True)
class Verification:
    """What was looked at and what was found. `unsealed_rows` were recorded since the last seal, which covers them not.

    `head_found` says whether an older head the owner kept is in the chain; None where none was given.
    """

    ok: bool
    head: str | None
    head_found: bool | None
    seals: int
    sealed_rows: int
    unsealed_rows: int
    truths: int
    differences: tuple[Difference, ...]


def verify(session: Session, *, head: str | None = None, progress: Progress = unwatched) -> Verification:
    """Checks schema, seals, sealed rows and derived figures; `head` is a seal's hash in hex from an old email.

    Nothing is skipped because something else is wrong: what cannot be read is a difference too.
    """
    chain = read_chain(session)
    found = [Difference("schema", name, what) for name, what in schema_differences(session.connection())]
    found += chain.differences
    found += check_rows(session, chain, progress)
    found += check_truths(session, progress)
    head_found = None if head is None else head in chain.heads
    if head_found is False:
        found.append(Difference("seal", f"head {head}", "is not in the chain: what it sealed was cut off or rewritten"))
    return Verification(
        ok=not found,
        head=chain.head,
        head_found=head_found,
        seals=len(chain.heads),
        sealed_rows=chain.rows,
        unsealed_rows=unsealed_rows(session, chain),
        truths=len(all_truths()),
        differences=tuple(found),
    )
