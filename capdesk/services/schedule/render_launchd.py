"""A launch agent of macOS, as a property list."""

import plistlib

from capdesk.services.schedule.plan import Schedule


def launchd_label(desk_id: str) -> str:
    return f"capdesk.{desk_id}"


def render_launchd(schedule: Schedule) -> bytes:
    """Hourly and at each login: launchd knows no zones, and catches up after sleep but not after power-off.

    The embedded database may by the end of a firing serve the window too: its process group is left alone.
    """
    job = {
        "Label": launchd_label(schedule.id),
        "ProgramArguments": list(schedule.arguments),
        "StartCalendarInterval": {"Minute": schedule.minute},
        "RunAtLoad": True,
        "AbandonProcessGroup": True,
        "Nice": 10,
    }
    return plistlib.dumps(job)
