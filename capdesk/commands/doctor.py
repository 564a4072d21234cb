"""`capdesk doctor`: what a desk needs to work, one line each. Changes nothing."""

import click

from capdesk.bootstrap import reach
from capdesk.commands.base import App, printing


@click.command("doctor")
@printing
def doctor(app: App) -> int:
    """Look at folder, disk, database, rules, seals, clocks and mail; say what to do where one is not well."""
    from capdesk.services.clock import SystemClock  # noqa: PLC0415
    from capdesk.services.doctor import diagnosis_text, examine  # noqa: PLC0415 - SQLAlchemy loads only where it is used

    found = examine(app.folder, lambda: reach(app.folder, app.database_url), SystemClock())
    app.show(found, diagnosis_text(found))
    return 0 if found.ok else 1
