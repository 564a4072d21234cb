"""Desks the window is measured on: the demo, and one of a million events."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from capdesk.bootstrap import Desk, open_desk
from capdesk.models.base import CampaignStatus, EventType
from capdesk.services.campaigns import add_campaign
from capdesk.services.database.embedded import EmbeddedServer
from capdesk.services.experiments import ExperimentPlan, add_experiment, move_experiment
from capdesk.services.imports.load import import_file
from capdesk.services.products import add_product
from capdesk.services.team import add_member
from tests.bench.import_calls import write_calls, write_leads

EVENTS = 1_000_000
CALLS = 625_000
"""They make a little over a million events."""
ZONE = "America/New_York"


@contextmanager
def demo_desk() -> Iterator[Path]:
    with _folder() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CAPDESK_")}
        command = [sys.executable, "-m", "capdesk", "demo", str(folder)]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        yield folder


@contextmanager
def big_desk() -> Iterator[Path]:
    """One campaign with 50,000 leads, one experiment, ten members, a million events."""
    with _folder() as folder, TemporaryDirectory() as files:
        with open_desk(folder, zone=ZONE) as desk:
            desk.write(lambda session: _campaign(session, desk))
            import_file(desk, "leads", write_leads(Path(files) / "leads.csv"), campaign="Bench")
            import_file(desk, "calls", write_calls(Path(files) / "calls.csv", CALLS), campaign="Bench")
        yield folder


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        folder = Path(name) / "desk"
        try:
            yield folder
        finally:
            EmbeddedServer(folder).remove(force=True)


def _campaign(session: Session, desk: Desk) -> None:
    add_product(session, "Bench")
    add_campaign(session, "Bench", "Bench", desk.owner_id, status=CampaignStatus.ACTIVE)
    for number in range(10):
        name = f"Agent {number}"
        today = datetime(2026, 1, 1, tzinfo=UTC).date()
        add_member(
            session, name=name, email=f"agent{number}@example.com", rate=Decimal(20), campaign="Bench", today=today
        )
    plan = ExperimentPlan("Scripts", "h", Decimal(900_000), 500, Decimal(900), EventType.QPC, (), None)
    add_experiment(session, "Bench", plan)
    move_experiment(session, "Scripts", "start", desk.owner_id, at=datetime(2026, 1, 1, tzinfo=UTC))
