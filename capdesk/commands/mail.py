"""`capdesk mail`: trying the way every report and alert goes."""

import click

from capdesk.commands.base import App, printing


@click.group("mail")
def mail() -> None:
    """Try the mail settings; `capdesk connect mail` sets them."""


@mail.command("test")
@click.option("--to", metavar="ADDRESS", help="Who gets the test, by default the first recipient.")
@click.option("--connect-only", is_flag=True, help="Reach the server and log in, but send nothing.")
@printing
def test(app: App, to: str | None, connect_only: bool) -> int:
    """Send one test email, once, and say exactly what became of it."""
    from capdesk.services.notifications.mail_test import (  # noqa: PLC0415 - SQLAlchemy loads only where it is used
        check_server,
        send_test,
    )

    if connect_only and to is not None:
        raise click.UsageError("--connect-only sends nothing, so there is nobody it goes --to.")
    tried = check_server(app.desk) if connect_only else send_test(app.desk, to)
    app.show(tried, tried.detail)
    return tried.exit_code
