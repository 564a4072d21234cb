"""An entry of a crontab between two marker comments, and putting it into a crontab that is not ours.

The entry stands first: what follows it (SHELL, MAILTO, CRON_TZ of other entries) then does not hold for it.
"""

import re
import shlex

from capdesk.errors import RuleRefused
from capdesk.services.schedule.plan import Schedule


def render_cron(schedule: Schedule) -> str:
    """Three lines. Hourly, because cron knows neither zones nor catching up."""
    begin, end = _markers(schedule.id)
    command = " ".join(_quoted(argument) for argument in schedule.arguments)
    return (
        f"{begin} (written by `capdesk schedule install`; `capdesk schedule remove` takes it away)\n"
        f"{schedule.minute} * * * * {command} >/dev/null 2>&1\n"
        f"{end}\n"
    )


def block_in(crontab: bytes, desk_id: str) -> bytes | None:
    """The entry of the desk as it stands there; None where there is none. Raises RuleRefused for half an entry."""
    lines = crontab.splitlines(keepends=True)
    first, last = _place(lines, desk_id)
    return b"".join(lines[first:last]) or None


def with_block(crontab: bytes, block: str, desk_id: str) -> bytes:
    """The crontab with the entry first, instead of an older one. All other bytes stay."""
    return block.encode() + without_block(crontab, desk_id)


def without_block(crontab: bytes, desk_id: str) -> bytes:
    """The crontab without the desk's entry. All other bytes stay. Raises RuleRefused for half an entry."""
    lines = crontab.splitlines(keepends=True)
    first, last = _place(lines, desk_id)
    return b"".join(lines[:first] + lines[last:])


def _place(lines: list[bytes], desk_id: str) -> tuple[int, int]:
    """From the begin marker to behind the end marker; empty where there is none."""
    begin, end = (marker.encode() for marker in _markers(desk_id))
    begins = [number for number, line in enumerate(lines) if line.startswith(begin)]
    ends = [number for number, line in enumerate(lines) if line.startswith(end)]
    if not begins and not ends:
        return 0, 0
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise RuleRefused(
            f"The entry of capdesk in the crontab is damaged: with `crontab -e`, take away its lines from "
            f"'{begin.decode()}' to '{end.decode()}', then try again."
        )
    return begins[0], ends[0] + 1


def _markers(desk_id: str) -> tuple[str, str]:
    return f"# capdesk {desk_id} begin", f"# capdesk {desk_id} end"


def _quoted(argument: str) -> str:
    r"""For cron and then sh.

    Some crons leave the backslash of `\%` to sh, so it stands outside of quotes; some make one of two backslashes, so
    no two stand side by side.
    """
    parts = (shlex.quote(part) if part else "" for part in argument.split("%"))
    return re.sub(r"(?<=\\)\\", r"''\\", r"\%".join(parts)) or "''"
