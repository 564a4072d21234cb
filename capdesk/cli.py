"""The command line: which commands there are. What each does stands in `commands/`."""

import errno
import logging
import signal
import sys
from pathlib import Path
from typing import Any

import click

from capdesk import __version__
from capdesk.commands.base import App, Lazy
from capdesk.errors import CapdeskError
from capdesk.services.bug_report import report_bug

COMMANDS = {
    "alerts": "capdesk.commands.alerts:alerts",
    "call": "capdesk.commands.call:call",
    "campaign": "capdesk.commands.campaign:campaign",
    "connect": "capdesk.commands.connect:connect",
    "costs": "capdesk.commands.costs:costs",
    "db": "capdesk.commands.db:db",
    "demo": "capdesk.commands.demo:demo",
    "doctor": "capdesk.commands.doctor:doctor",
    "evaluate": "capdesk.commands.evaluate:evaluate",
    "event": "capdesk.commands.event:event",
    "experiment": "capdesk.commands.experiment:experiment",
    "import": "capdesk.commands.import_:import_",
    "lead": "capdesk.commands.lead:lead",
    "mail": "capdesk.commands.mail:mail",
    "map": "capdesk.commands.map:map_",
    "override": "capdesk.commands.evaluate:override",
    "product": "capdesk.commands.product:product",
    "report": "capdesk.commands.report:report",
    "schedule": "capdesk.commands.schedule:schedule",
    "secrets": "capdesk.commands.secrets:secrets",
    "settings": "capdesk.commands.settings:settings",
    "sync": "capdesk.commands.sync:sync",
    "team": "capdesk.commands.team:team",
    "time": "capdesk.commands.time_log:time",
    "verify": "capdesk.commands.verify:verify",
}


@click.group(
    cls=Lazy,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="capdesk")
@click.option("--desk", type=click.Path(path_type=Path, file_okay=False), help="Data folder (or CAPDESK_DESK).")
@click.option("--database-url", help="A Postgres of your own instead of the embedded one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def cli(context: click.Context, desk: Path | None, database_url: str | None, as_json: bool) -> None:
    """What campaigns cost, what that bought, and when a human verdict is due.

    Without a command the window opens.
    """
    from capdesk.bootstrap import default_folder  # noqa: PLC0415

    if context.invoked_subcommand is None:
        from capdesk.window import show  # noqa: PLC0415 - Qt only where a window is wanted

        context.exit(show(desk or default_folder(), database_url))
    app = App(desk or default_folder(), database_url, as_json)
    context.obj = app
    context.call_on_close(app.close)


def main(arguments: list[str] | None = None) -> None:
    """Exit codes: 0 done, 1 understood but refused, 2 the command line cannot be understood."""
    logging.getLogger().addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it so wants it to end in order too
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None, **extra: Any) -> int:
    """Runs one command and returns its exit code; errors are one sentence on stderr."""
    try:
        result = cli.main(args=arguments, prog_name="capdesk", standalone_mode=False, **extra)
    except CapdeskError as error:
        click.echo(f"capdesk: {error}", err=True)
        return error.exit_code
    except click.exceptions.Abort:
        click.echo("capdesk: stopped; nothing was changed.", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        return 1
    except Exception as error:  # what escapes is our own mistake
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        told = "The disk is full: free some space, then try again." if full else report_bug(error).sentence
        click.echo(f"capdesk: {told}", err=True)
        return 1
    return result if isinstance(result, int) else 0
