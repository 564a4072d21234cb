"""`capdesk connect`: accounts whose costs and calls come in by themselves, and the mail server; all in one sitting."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capdesk.commands.base import App, printing
from capdesk.commands.connect_asking import somebody

if TYPE_CHECKING:
    from capdesk.commands.connect_flow import Sitting
    from capdesk.services.connections import ConnectionInfo

_FILE = click.Path(path_type=Path, dir_okay=False)
_BASE_URL = click.option("--base-url", metavar="URL", help="Ask this address instead of the provider's own.")
_YES = click.option("--yes", is_flag=True, help="Keep it without asking, and map only what --map says.")


@dataclass(frozen=True)
class Removed:
    """`secret_removed` is false where none was kept."""

    connection: "ConnectionInfo"
    secret_removed: bool


@click.group()
def connect() -> None:
    """Connect Twilio, Google Cloud and the mail server: tried first, kept only when you agree."""


@connect.command("twilio")
@click.option("--account", metavar="SID", help="Account SID: AC and 32 digits or letters.")
@click.option("--key", metavar="SID", help="SID of an API key, SK..., where you use one instead of the auth token.")
@click.option("--token-file", type=_FILE, help="File with the auth token or the key's secret; - is standard input.")
@click.option(
    "--alone",
    is_flag=True,
    help="Only this account, not its subaccounts: for Standard and Restricted keys, which may not list them.",
)
@_BASE_URL
@click.option("--map", "maps", metavar="SID=CAMPAIGN", multiple=True, help="Map an account to a campaign; repeatable.")
@_YES
@printing
def twilio(app: App, yes: bool, **given: Any) -> int:
    """Connect a Twilio account, with its subaccounts unless --alone is said.

    The auth token, or the secret of the API key, is asked for unseen, or comes from a file or standard input.
    """
    from capdesk.commands.connect_accounts import TwilioAsked, connect_twilio  # noqa: PLC0415

    return connect_twilio(_sitting(app, yes), TwilioAsked(**given))


@connect.command("gcp")
@click.option("--table", metavar="TABLE", help="The billing export, as PROJECT.DATASET.TABLE.")
@click.option(
    "--query-project", metavar="PROJECT", help="The project that pays for the queries; the table's by default."
)
@click.option("--credentials", type=_FILE, help="Key file (JSON) of a service account; - is standard input.")
@click.option("--adc", is_flag=True, help="Use this computer's application default credentials instead.")
@click.option("--location", help="Where the dataset lies, as US or EU; found out by itself unless named.")
@click.option("--max-bytes", type=click.IntRange(min=1), help="The most one query may read; it is refused beyond.")
@_BASE_URL
@click.option("--map", "maps", metavar="SOURCE=CAMPAIGN", multiple=True, help="Map a project, or a label KEY=VALUE.")
@_YES
@printing
def gcp(app: App, yes: bool, **given: Any) -> int:
    """Connect the billing export of Google Cloud.

    Google's own estimate of what is read is shown before anything is asked that it bills.
    """
    from capdesk.commands.connect_accounts import GcpAsked, connect_gcp  # noqa: PLC0415

    return connect_gcp(_sitting(app, yes), GcpAsked(**given))


@connect.command("mail")
@click.option("--host", help="SMTP server, as smtp.example.com.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port: 587 for starttls, 465 for ssl unless said.")
@click.option("--security", type=click.Choice(["starttls", "ssl", "plain"]), help="plain: this computer only.")
@click.option("--user", help="Its login; '' for none.")
@click.option("--password-file", type=_FILE, help="File with its password; - is standard input.")
@click.option("--from", "sender", metavar="ADDRESS", help="Sender of the e-mails.")
@click.option(
    "--recipient", "recipients", metavar="ADDRESS", multiple=True, help="Who gets them, all anew; repeatable."
)
@_YES
@printing
def mail(app: App, yes: bool, **given: Any) -> int:
    """Connect the mail server that sends the weekly e-mail and the alerts."""
    from capdesk.commands.connect_mail import MailAsked, connect_mail  # noqa: PLC0415

    return connect_mail(_sitting(app, yes), MailAsked(**given))


@connect.command("list")
@printing
def list_(app: App) -> None:
    """What is connected, and what was."""
    from capdesk.commands.connect_text import connections_text  # noqa: PLC0415
    from capdesk.services.connections import list_connections  # noqa: PLC0415

    found = app.desk.read(list_connections)
    app.show(found, connections_text(found))


@connect.command("remove")
@click.argument("ref", metavar="ACCOUNT")
@printing
def remove(app: App, ref: str) -> None:
    """Ask an account no more and forget its secret; what it brought stays."""
    from capdesk.services.connect.keep import forget  # noqa: PLC0415

    removed, secret = forget(app.desk, ref)
    told = "its secret is removed" if secret else "no secret of it was kept"
    app.show(Removed(removed, secret), f"{removed.account} is connected no more, and {told}; what it brought stays.")


def _sitting(app: App, yes: bool) -> "Sitting":
    """With `--json` nobody is asked: what is printed is for programs."""
    from capdesk.commands.connect_flow import Sitting  # noqa: PLC0415

    return Sitting(app, None if app.as_json else somebody(), yes)
