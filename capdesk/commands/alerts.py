"""`capdesk alerts`: thresholds that were reached, and telling the recipients of each once."""

import click

from capdesk.commands.base import App, printing


@click.command("alerts")
@click.option("--send", is_flag=True, help="Email what is due, once per threshold, cap in force and recipient.")
@click.option("--again", is_flag=True, help="With --send: also what may or may not have arrived, after you looked.")
@printing
def alerts(app: App, send: bool, again: bool) -> int:
    """Capital and time thresholds that were reached. Nothing is paused or stopped by them."""
    from capdesk.services import alerts as service  # noqa: PLC0415 - SQLAlchemy loads only where it is used
    from capdesk.services.notifications import sending_text  # noqa: PLC0415

    if again and not send:
        raise click.UsageError("--again goes with --send.")
    if not send:
        found = service.list_alerts(app.desk)
        app.show(found, service.alerts_text(found))
        return 0
    sending = service.send_alerts(app.desk, again=again)
    app.show(sending, sending_text(sending) or "No alert is due.")
    return sending.exit_code
