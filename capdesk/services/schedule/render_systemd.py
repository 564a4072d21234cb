"""A systemd user timer and its service, as text."""

from capdesk.errors import RuleRefused
from capdesk.services.schedule.plan import LONGEST_RUN, Schedule

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_SERVICE = """\
[Unit]
Description=capdesk: what is due at the desk in {folder} now

[Service]
Type=oneshot
ExecStart={command}
# The embedded database may by then serve the window too: only this process ends.
KillMode=process
TimeoutStartSec={longest}
Nice=10
"""

_TIMER = """\
[Unit]
Description=capdesk: when to look at the desk in {folder} again

[Timer]
OnCalendar=*-*-* {daily} {zone}
OnCalendar={day} *-*-* {weekly} {zone}
# In UTC, which neither skips nor repeats an hour: for what was missed, skipped or refused.
OnCalendar=*-*-* *:{minute:02}:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
"""


def systemd_name(desk_id: str) -> str:
    """The unit's name without `.service` or `.timer`."""
    return f"capdesk-{desk_id}"


def render_systemd(schedule: Schedule) -> dict[str, str]:
    """The two unit files by name. Raises RuleRefused for a program that systemd refuses to start."""
    program = schedule.program[0]
    if set(program) & set("\"'\\"):
        raise RuleRefused(
            f"systemd starts no program whose path has a quote or a backslash, as {program} has: move capdesk, or "
            "use `capdesk schedule install --with cron`."
        )
    folder = str(schedule.folder).replace("%", "%%")
    name = systemd_name(schedule.id)
    service = _SERVICE.format(
        folder=folder, command=_command(schedule.arguments), longest=int(LONGEST_RUN.total_seconds())
    )
    timer = _TIMER.format(
        folder=folder,
        daily=f"{schedule.daily_time:%H:%M}:00",
        weekly=f"{schedule.weekly_time:%H:%M}:00",
        day=_DAYS[schedule.weekly_weekday - 1],
        zone=schedule.zone,
        minute=schedule.minute,
    )
    return {f"{name}.service": service, f"{name}.timer": timer}


def _command(arguments: tuple[str, ...]) -> str:
    """No shell. The colon keeps `$` as it is: doubling it would be undone in arguments, but not in the program."""
    return " ".join(_quoted(text) for text in (":" + arguments[0], *arguments[1:]))


def _quoted(text: str) -> str:
    for char in ("\\", '"'):
        text = text.replace(char, "\\" + char)
    return '"' + text.replace("%", "%%") + '"'
