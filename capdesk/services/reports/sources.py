"""How far the providers' costs were in when a report was made: what has not been pulled is missing from its figures."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from capdesk.services.dates import Week
from capdesk.services.reports.model import SourceStanding
from capdesk.services.source_states import SourceState, source_states

_DAY = timedelta(days=1)


def source_standings(session: Session, week: Week, as_of: datetime) -> tuple[SourceStanding, ...]:
    """Of each connected account, from what was recorded up to `as_of`; of one disconnected since, while the week has
    days of it.
    """
    ended = min(week.sunday, as_of.astimezone(UTC).date() - _DAY)
    known = source_states(session, as_of, disconnected=True)
    standings = (_standing(one, week, ended) for one in known)
    return tuple(one for one in standings if one.connected or (one.through and one.through >= week.monday))


def _standing(state: SourceState, week: Week, ended: date) -> SourceStanding:
    first = week.monday if state.through is None else max(week.monday, state.through + _DAY)
    missing = tuple(first + n * _DAY for n in range((ended - first).days + 1))
    return SourceStanding(
        provider=state.provider,
        account=state.account,
        through=state.through,
        missing=missing,
        error=state.last_error if missing else None,
        connected=state.connected,
    )
