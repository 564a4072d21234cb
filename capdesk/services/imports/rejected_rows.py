"""Where rejected rows go, and how they get there: read from the source again, so that none is kept in memory."""

import re
from collections.abc import Sequence
from pathlib import Path

from capdesk.errors import UsageRefused
from capdesk.services.imports.job import Options
from capdesk.services.imports.reading import Source
from capdesk.services.imports.receipt import Rejected
from capdesk.services.imports.record import Reject
from capdesk.services.imports.rejects import RejectWriter

_ENDING = re.compile(r"\.rejects(-[0-9]+)?$")


def place_for(path: Path, options: Options) -> Path | None:
    """The file for rejected rows; None for a dry run that names none. Raises UsageRefused for the source itself."""
    if options.rejects is None:
        return None if options.dry_run else _free_beside(path)
    if options.rejects.absolute() == path.absolute():
        raise UsageRefused(f"The rejected rows would overwrite '{path.name}' itself; name another file.")
    return options.rejects


def _free_beside(path: Path) -> Path:
    """`calls.rejects.csv`, or `calls.rejects-2.csv` and so on: a file somebody is correcting is not overwritten."""
    stem = _ENDING.sub("", path.stem)
    number, place = 1, path.with_name(f"{stem}.rejects.csv")
    while place.exists():
        number += 1
        place = path.with_name(f"{stem}.rejects-{number}.csv")
    return place


def write_rejected(writer: RejectWriter, source: Source, rejects: Sequence[Rejected]) -> None:
    """Every rejected row with its line and reason, in the order of the file."""
    if not rejects:
        return
    reasons = {reject.line: reject for reject in rejects}
    for item in source.records():
        line, raw = (item.line, item.raw) if isinstance(item, Reject) else item
        reject = reasons.get(line)
        if reject is not None:
            writer.write(Reject(line, reject.field, reject.reason, raw))
