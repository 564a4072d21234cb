"""`capdesk schedule`: the operating system starts capdesk now and then, and capdesk does what is due."""

import os
import shlex
from typing import TYPE_CHECKING

import click

from capdesk.bootstrap import call_source, cost_source
from capdesk.commands.base import App, printing
from capdesk.errors import CapdeskError, RuleRefused
from capdesk.services.database.address import URL_FILE, configured_url

if TYPE_CHECKING:
    from capdesk.bootstrap import Desk
    from capdesk.services.schedule.install import Status
    from capdesk.services.schedule.plan import Schedule
    from capdesk.services.schedule.scheduler import Kind
    from capdesk.services.sync.report import SyncReport

_URL = "CAPDESK_DATABASE_URL"
_WITH = click.option(
    "--with",
    "kind",
    type=click.Choice(["systemd", "cron", "launchd", "task"]),
    help="Which scheduler; the best there is unless named.",
)


@click.group()
def schedule() -> None:
    """Pull costs and send alerts each day, and the weekly email each week, without anybody at the screen."""


@schedule.command("install")
@_WITH
@printing
def install(app: App, kind: "Kind | None") -> None:
    """Have the operating system start `capdesk schedule run` every hour and at the times in the settings."""
    from capdesk.services.schedule import install as service  # noqa: PLC0415
    from capdesk.services.schedule.machine import this_machine  # noqa: PLC0415

    plan, machine = _plan(app), this_machine()
    service.install(machine, plan, kind)
    found = service.status(machine, app.folder, app.desk.clock.now())
    app.show(found, "\n".join(["Installed.", _page(found), *_unseen_variables()]))


@schedule.command("show")
@_WITH
@printing
def show(app: App, kind: "Kind | None") -> None:
    """Print what `install` would hand to the scheduler; changes nothing."""
    from capdesk.services.schedule.install import choose, schedulers  # noqa: PLC0415
    from capdesk.services.schedule.machine import this_machine  # noqa: PLC0415

    machine = this_machine()
    one = next((one for one in schedulers(machine) if one.kind == kind), None) or choose(machine, kind)
    encoding = "utf-16" if one.kind == "task" else "utf-8"
    files = {name: content.decode(encoding) for name, content in one.rendered(_plan(app)).items()}
    text = "\n".join(f"── {one.kind}: {name}\n{content}" for name, content in files.items())
    app.show({"kind": one.kind, "files": files}, text.rstrip("\n"))


@schedule.command("status")
@printing
def status(app: App) -> int:
    """Which scheduler has it, when it runs next, and what it did last."""
    from capdesk.services.clock import SystemClock  # noqa: PLC0415 - the database is not needed
    from capdesk.services.schedule.install import status as look  # noqa: PLC0415
    from capdesk.services.schedule.machine import this_machine  # noqa: PLC0415

    found = look(this_machine(), app.folder, SystemClock().now())
    app.show(found, _page(found))
    return 1 if found.broken else 0


@schedule.command("remove")
@printing
def remove(app: App) -> None:
    """Take the desk's job away from the scheduler. Nothing else of the desk changes."""
    from capdesk.services.schedule.install import remove as take_away  # noqa: PLC0415
    from capdesk.services.schedule.machine import this_machine  # noqa: PLC0415

    removed = take_away(this_machine(), app.folder)
    app.show({"removed": removed}, "Removed." if removed else "Nothing was scheduled for this desk.")


@schedule.command("run")
@click.option("--clock-is-right", is_flag=True, help="Go on though the clock stands before an earlier run.")
@printing
def run(app: App, clock_is_right: bool) -> int:
    """Do what is due now: pull costs, send alerts, send the weekly email. This is what the scheduler starts."""
    from capdesk.services.schedule.run import run_due  # noqa: PLC0415

    _require_desk(app)
    try:
        report = run_due(app.desk, _sync, clock_is_right=clock_is_right)
    except CapdeskError as error:
        _remember(app, error)
        raise
    app.show(report, "\n".join(report.lines))
    return report.exit_code


def _sync(desk: "Desk") -> "SyncReport":
    from capdesk.services.sync.run import sync  # noqa: PLC0415

    return sync(
        desk,
        only_due=True,
        open_source=lambda connection: cost_source(desk, connection),
        open_calls=lambda connection: call_source(desk, connection),
    )


def _plan(app: App) -> "Schedule":
    from capdesk.services.schedule.install import schedule_of  # noqa: PLC0415
    from capdesk.services.schedule.plan import this_program  # noqa: PLC0415
    from capdesk.services.settings import get_settings  # noqa: PLC0415

    _require_remembered_url(app)
    settings = app.desk.read(lambda session: get_settings(session, app.desk.owner_id))
    return schedule_of(app.folder, settings, this_program())


def _require_remembered_url(app: App) -> None:
    """The address holds a password: it never goes into a job that others can read."""
    named = app.database_url or os.environ.get(_URL)
    if named is not None and named != _remembered_url(app):
        raise RuleRefused(
            "A scheduled run does not know the database address you gave now: have it remembered first with "
            "`capdesk settings set --database-url ...`."
        )


def _remembered_url(app: App) -> str | None:
    file = app.folder / URL_FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def _require_desk(app: App) -> None:
    """A job whose desk was moved or thrown away must not make a new one."""
    from capdesk.services.database.embedded import EmbeddedServer  # noqa: PLC0415

    address = app.database_url or configured_url(app.folder)
    if address is None and EmbeddedServer(app.folder).status().version is None:
        raise RuleRefused(
            f"There is no desk in {app.folder}: if it was moved, run "
            f"`capdesk --desk {shlex.quote(str(app.folder))} schedule remove`, and "
            "`capdesk schedule install` at its new place."
        )


def _remember(app: App, error: CapdeskError) -> None:
    """So that `status` tells of a firing that did not come to the desk at all."""
    from capdesk.services.clock import SystemClock  # noqa: PLC0415
    from capdesk.services.schedule.memory import LastRun, write_last_run  # noqa: PLC0415

    write_last_run(app.folder, LastRun(SystemClock().now(), error.exit_code, (str(error),)))


def _unseen_variables() -> list[str]:
    """What is set in this terminal only."""
    known = {"CAPDESK_DESK", _URL}
    names = sorted(name for name in os.environ if name.startswith("CAPDESK_") and name not in known)
    if not names:
        return []
    return [
        f"A scheduled run does not see {', '.join(names)} of this terminal: store secrets with `capdesk secrets set`."
    ]


def _page(found: "Status") -> str:
    if found.kind is None and not found.broken:
        return "Nothing is scheduled for this desk: run `capdesk schedule install`."
    lines = [
        ("scheduler", f"{found.kind} ({found.job})" if found.kind else "—"),
        ("program", " ".join(found.program) or "—"),
        ("next run", f"{found.next_run.astimezone():%Y-%m-%d %H:%M %Z}" if found.next_run else "—"),
    ]
    if found.last_run is None:
        lines.append(("last run", "—"))
    else:
        said = "all well" if found.last_run.exit_code == 0 else "not all well"
        lines.append(("last run", f"{found.last_run.at.astimezone():%Y-%m-%d %H:%M %Z}, {said}"))
        lines += [("", line) for line in found.last_run.lines]
    return "\n".join([*(f"{name:<11} {value}" for name, value in lines), *found.notes])
