"""A truth: what must follow from the recorded facts, asked of the database as the list of its exceptions."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from capdesk.services.verify.difference import Difference, Progress

_SHOWN = 20


@dataclass(frozen=True)
class Truth:
    """`sql` gives one row (where, what) for each exception; `:zone` is the desk zone. `table` holds what is wrong."""

    name: str
    table: str
    sql: str


@cache
def all_truths() -> tuple[Truth, ...]:
    """The files in `truths/`; the first line of each names its table."""
    folder = resources.files("capdesk.services.verify") / "truths"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return tuple(_truth(file.name, file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql"))


def _truth(file_name: str, sql: str) -> Truth:
    return Truth(file_name.removesuffix(".sql"), sql.partition("\n")[0].removeprefix("-- "), sql)


def check_truths(session: Session, progress: Progress) -> list[Difference]:
    """The exceptions to each truth, at most 20 of one and then how many more."""
    truths = all_truths()
    session.execute(text("SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"))
    zone = session.scalar(text("SELECT zone FROM desk"))
    found: list[Difference] = []
    for number, truth in enumerate(truths):
        progress("figures derived again", number, len(truths))
        found += _exceptions(session, truth, zone)
    return found


def _exceptions(session: Session, truth: Truth, zone: str | None) -> list[Difference]:
    try:
        with session.begin_nested():
            rows = session.execute(text(truth.sql), {"zone": zone} if ":zone" in truth.sql else {}).all()
    except DBAPIError as error:
        return [Difference(truth.table, "-", f"cannot be checked ({str(error.orig).splitlines()[0]})")]
    shown = [Difference(truth.table, where, what) for where, what in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        shown.append(Difference(truth.table, "-", f"and {len(rows) - _SHOWN:,} more of the same kind"))
    return shown
