"""A desk's job with the scheduler of this computer, as one value; and installing it for the desk as it is set."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capdesk.errors import CapdeskError, RuleRefused
from capdesk.services.database.address import URL_FILE
from capdesk.services.schedule.install import Status, choose, install, outdated, schedule_of, status
from capdesk.services.schedule.machine import Machine
from capdesk.services.schedule.plan import this_program
from capdesk.services.schedule.scheduler import Kind
from capdesk.services.settings import Settings, get_settings

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk

_URL = "CAPDESK_DATABASE_URL"


@dataclass(frozen=True)
class DeskSchedule:
    """`best` is the scheduler an installation would use; None where there is none, and `trouble` says why."""

    status: Status
    settings: Settings
    outdated: str | None
    best: Kind | None
    trouble: str | None


def look(desk: "Desk", machine: Machine) -> DeskSchedule:
    """Raises RuleRefused where a scheduler does not answer."""
    settings = desk.read(lambda session: get_settings(session, desk.owner_id))
    best, trouble = None, None
    try:
        best = choose(machine).kind
    except CapdeskError as error:
        trouble = str(error)
    found = status(machine, desk.folder, desk.clock.now())
    return DeskSchedule(found, settings, outdated(machine, desk.folder, settings), best, trouble)


def install_for(desk: "Desk", machine: Machine, database_url: str | None) -> Kind:
    """Installs the job for the desk as it is set now, instead of an older one; the scheduler that has it.

    `database_url` is the address the program was started with: it holds a password and never goes into a job that
    others can read. Raises RuleRefused where it is not the remembered one, and where nothing can be installed.
    """
    named, file = database_url or os.environ.get(_URL), desk.folder / URL_FILE
    if named is not None and named != (file.read_text(encoding="utf-8").strip() if file.is_file() else None):
        raise RuleRefused(
            "A scheduled run does not know the database address this window was started with: have it remembered "
            "first with `capdesk settings set --database-url ...`."
        )
    settings = desk.read(lambda session: get_settings(session, desk.owner_id))
    return install(machine, schedule_of(desk.folder, settings, this_program())).kind
