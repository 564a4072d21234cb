"""`capdesk doctor`: what a desk needs to work, one line each. Changes nothing."""

import click

from capdesk.bootstrap import reach
from capdesk.commands.base import App, printing


@click.command("doctor")
@click.option("--mail", is_flag=True, help="Also reach the mail server and log in; nothing is sent.")
@printing
def doctor(app: App, mail: bool) -> int:
    """Look at all a desk needs, from its folder to its connections; say what to do where something is not well."""
    from capdesk.services.clock import SystemClock  # noqa: PLC0415
    from capdesk.services.doctor import diagnosis_text, examine  # noqa: PLC0415 - SQLAlchemy loads only where it is used

    found = examine(app.folder, lambda: reach(app.folder, app.database_url), SystemClock(), mail=mail)
    app.show(found, diagnosis_text(found))
    return 0 if found.ok else 1
