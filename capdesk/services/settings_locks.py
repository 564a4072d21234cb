"""Why a setting cannot change any more, asked before anybody tries."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_DATED = text(
    "SELECT EXISTS (SELECT FROM import_batch) OR EXISTS (SELECT FROM experiment_transition)"
    " OR EXISTS (SELECT FROM event_tally) OR EXISTS (SELECT FROM time_log)"
)


def zone_is_fixed(session: Session) -> bool:
    """Whether facts are dated in the desk zone already; the database refuses another one from then on."""
    return bool(session.scalar(_DATED))
