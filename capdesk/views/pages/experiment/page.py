"""The page of one experiment: the heart of the program."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from PySide6.QtWidgets import QScrollArea

from capdesk.errors import CapdeskError
from capdesk.models.base import ExperimentStatus
from capdesk.views.page import Command, Page, scrolled
from capdesk.views.pages.experiment.as_of import AsOfBar
from capdesk.views.pages.experiment.body import Body
from capdesk.views.pages.experiment.forms import experiment_dialog
from capdesk.views.pages.experiment.head import StatusLine
from capdesk.views.pages.experiment.reading import Figures, Present, read_figures, read_present
from capdesk.views.pages.experiment.steps import START, STEPS, Step, step_dialog
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace

_KEPT = 300


class ExperimentPage(Page):
    """Everything about an experiment, as it is now or as it was known at any moment before."""

    key: ClassVar[str] = "experiment"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.present: Present | None = None
        self._past: dict[datetime, Figures] = {}
        """What was known at a moment never changes, so it is read once."""
        self._asked: datetime | None = None
        self.status = StatusLine(workspace)
        self.as_of = AsOfBar(workspace.desk.zone)
        self.as_of.changed.connect(self._moved)
        self.content = Body(workspace, partial(self.take_step, START), self.edit)
        self.area: QScrollArea = scrolled(self.content)
        self.body.setSpacing(10)
        self.body.addWidget(self.status)
        self.body.addWidget(self.as_of)
        self.body.addWidget(self.area, 1)
        self._show_nothing()

    def open(self, place: Place) -> None:
        if place.record != self.place.record:
            self._show_nothing()
            self.area.verticalScrollBar().setValue(0)
        super().open(place)

    def reload(self) -> None:
        wanted = self.place.record
        if wanted is not None:
            self.workspace.read(self, "page", lambda desk: read_present(desk, wanted), self._show, self._missing)

    def commands(self) -> Sequence[Command]:
        if self.present is None:
            return ()
        status = self.present.experiment.status
        edit = [Command("Edit…", self.edit, "pencil", "F2")] if status is ExperimentStatus.PLANNED else []
        steps = [
            Command(f"{one.title}…", partial(self.take_step, one), one.icon, primary=one is START)
            for one in STEPS[status]
        ]
        if status is ExperimentStatus.PLANNED:
            return (*edit, *reversed(steps))
        return (*steps, Command("Evaluate", self.evaluate, "gavel", primary=True))

    def edit(self) -> None:
        """Changes the rules, while planned."""
        if self.present is not None:
            number = self.present.experiment.id
            experiment_dialog(self.workspace, None, number, self, lambda _row: self.reload()).open()

    def take_step(self, step: Step) -> None:
        """Asks whether the step is to be taken, saying what it locks."""
        if self.present is not None:
            step_dialog(self.workspace, self.present.experiment, step, self, lambda _moved: self.reload()).open()

    def evaluate(self) -> None:
        self.workspace.go("evaluate", self.place.record)

    def _show_nothing(self) -> None:
        """Before the first figures: the title alone, so that nothing of another experiment is seen."""
        self.present = None
        self._past.clear()
        self._asked = None
        self.as_of.set_moments(())
        for widget in (self.status, self.as_of, self.area):
            widget.hide()
        self.show_commands()

    def _missing(self, error: Exception) -> None:
        self.workspace.complain(error)
        if isinstance(error, CapdeskError) and self.present is None:
            self.say_title("Experiment", "It could not be read.")

    def _show(self, present: Present) -> None:
        before = None if self.present is None else self.present.experiment
        self.present = present
        self.say_title(present.experiment.name)
        self.status.show_present(present)
        self.as_of.set_moments(present.moments)
        self.as_of.setVisible(len(present.moments) > 1)
        self.content.show_present(present)
        if before is None or before.status is not present.experiment.status:
            self.show_commands()
        self._moved(self.as_of.moment)
        self.status.show()
        self.area.show()

    def _moved(self, moment: datetime | None) -> None:
        """Another moment was chosen; while one is being read the newest choice waits."""
        if self.present is None:
            return
        if moment is None:
            self._draw(self.present.figures, past=False)
        elif moment in self._past:
            self._draw(self._past[moment], past=True)
        elif self._asked is None:
            self._ask(moment)

    def _ask(self, moment: datetime) -> None:
        number = self.place.record
        if number is None:
            return
        self._asked = moment
        self.workspace.read(self, "past", lambda desk: read_figures(desk, number, moment), self._known, self._not_known)

    def _known(self, figures: Figures) -> None:
        self._asked = None
        if self.present is None or figures.report.experiment_id != self.place.record:
            return
        if len(self._past) >= _KEPT:
            self._past.clear()
        self._past[figures.report.as_of] = figures
        self._moved(self.as_of.moment)

    def _not_known(self, error: Exception) -> None:
        self._asked = None
        self.workspace.complain(error)

    def _draw(self, figures: Figures, *, past: bool) -> None:
        self.status.show_figures(figures, self.workspace.desk.zone)
        self.content.show_figures(figures, past=past)
