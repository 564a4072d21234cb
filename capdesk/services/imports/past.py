"""What an import said of itself, after it is over."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from capdesk.models import ImportBatch


def warnings_of(session: Session, batch: int) -> tuple[str, ...]:
    """The sentences of its receipt about rows that landed but deserve a look."""
    return tuple(session.scalars(select(ImportBatch.warnings).where(ImportBatch.id == batch)).one_or_none() or ())
