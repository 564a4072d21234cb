"""Experiments: all of them, and a new one."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from capdesk.models.base import ExperimentStatus
from capdesk.services.experiments import ExperimentRow, show_experiment
from capdesk.services.listings.model import Row
from capdesk.views.page import Command
from capdesk.views.pages.experiment.forms import experiment_dialog
from capdesk.views.pages.experiment.steps import STEPS, Step, step_dialog
from capdesk.views.records.list_page import ListPage


class ExperimentsPage(ListPage):
    """Every experiment of every campaign; Enter opens its page."""

    key = "experiments"
    listing: ClassVar[str] = "experiments"
    record_page: ClassVar[str | None] = "experiment"

    def commands(self) -> Sequence[Command]:
        return (Command("New experiment…", self.plan, "plus", "Ctrl+N", primary=True),)

    def row_commands(self, row: Row) -> Sequence[Command]:
        """What its status allows, as on its page."""
        status = ExperimentStatus(str(self.value(row, "status")))
        found = [Command("Open", partial(self.workspace.go, "experiment", row.id), "arrow-right")]
        if status is ExperimentStatus.PLANNED:
            found.append(Command("Edit…", partial(self.edit, row.id), "pencil", "F2"))
        found += [Command(f"{one.title}…", partial(self.take_step, row.id, one), one.icon) for one in STEPS[status]]
        if status is not ExperimentStatus.PLANNED:
            found.append(Command("Evaluate", partial(self.workspace.go, "evaluate", row.id), "gavel"))
        return found

    def plan(self) -> None:
        """Asks for an experiment and shows it."""

        def show(made: ExperimentRow) -> None:
            self.workspace.go("experiment", made.id)

        experiment_dialog(self.workspace, None, None, self, show).open()

    def edit(self, experiment_id: int) -> None:
        experiment_dialog(self.workspace, None, experiment_id, self, lambda _row: self.reload()).open()

    def take_step(self, experiment_id: int, step: Step) -> None:
        """Asks whether the step is to be taken, with the rules as they are now."""
        self._with(experiment_id, lambda row: step_dialog(self.workspace, row, step, self, self._moved).open())

    def _moved(self, _moved: object) -> None:
        self.reload()

    def _with(self, experiment_id: int, then: Callable[[ExperimentRow], None]) -> None:
        self.read(
            lambda desk: desk.read(lambda session: show_experiment(session, experiment_id).experiment), then, "one"
        )
