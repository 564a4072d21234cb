"""Up to which moment a report may look: nothing recorded later can ever change what it says."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from capdesk.errors import RuleRefused
from capdesk.services.plain import utc_stamp

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk


_SEAL = text("SELECT encode(hash, 'hex') FROM seal WHERE recorded_at <= :as_of ORDER BY id DESC LIMIT 1")


@dataclass(frozen=True)
class View:
    """What a report looks at: facts recorded up to `as_of` and dated up to `last_day`.

    Status, caps and evaluations are those of `moment`, which is not after `as_of`.
    """

    as_of: datetime
    moment: datetime
    last_day: date

    @classmethod
    def at(cls, as_of: datetime) -> "View":
        """Everything known at a moment; no fact is dated after it was recorded."""
        return cls(as_of, as_of, date.max)


def newest_seal(session: Session, as_of: datetime) -> str | None:
    """The head of the chain at the moment, in hex; None before the first seal."""
    found: str | None = session.scalar(_SEAL, {"as_of": as_of})
    return found


def resolve_as_of(desk: "Desk", wanted: datetime | None = None) -> datetime:
    """The moment wanted, else the newest that is safe: the last one at which no write was in flight.

    Asked in a transaction of its own, before the snapshot that is reported from. Raises RuleRefused for a later one.
    """
    question = text("SELECT nullif(ledger_quiet_at(), '-infinity')")
    quiet: datetime | None = desk.read(lambda session: session.scalar(question))
    if quiet is None:
        raise RuleRefused("Somebody else is writing to the ledger just now: try again in a moment.")
    if wanted is not None and wanted > quiet:
        raise RuleRefused(
            f"The ledger can be read as of {utc_stamp(quiet)} at the latest, not {utc_stamp(wanted)}:"
            " name an earlier moment, or leave out --as-of."
        )
    return wanted or quiet
