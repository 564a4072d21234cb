"""The steps of an experiment's life, each told in plain words before it is taken: what it locks and freezes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import RuleRefused
from capdesk.models.base import CampaignStatus, ExperimentStatus
from capdesk.services.campaigns import show_campaign
from capdesk.services.experiments import ExperimentRow, Moved, move_experiment
from capdesk.views.cards import rows
from capdesk.views.forms.fields import MomentField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.pages.experiment.rules import rules_of
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Step:
    """What one can do with an experiment. `after` says what holds from then on."""

    action: str
    title: str
    icon: str
    intro: str
    after: str = ""
    danger: bool = False
    locks: bool = False
    """Whether the rules are locked by it."""


_FROZEN = (
    "Frozen from then on, for good: the experiment, its rules and its runs can never change. Costs and events of its "
    "time that arrive late are still added, and so are evaluations and overrides."
)
START = Step(
    "start",
    "Start",
    "play",
    "From its start on the experiment runs: events of the campaign count for it, and costs of its days are its own.",
    "You can pause, resume and end it. Its caps can only be changed by an evaluation that continues it.",
    locks=True,
)
PAUSE = Step(
    "pause",
    "Pause",
    "pause",
    "The run ends. Events of the campaign do not count for this experiment until you resume it.",
    "Its rules stay locked, and its time cap goes on counting. Nothing is frozen: you can resume or end it.",
)
RESUME = Step(
    "resume",
    "Resume",
    "play",
    "A new run begins: events of the campaign count for this experiment again.",
    "Its rules stay locked as they are; the time since its first start counts against its time cap.",
)
COMPLETE = Step(
    "complete",
    "Complete",
    "circle-check",
    "The experiment ends: it ran as long as it was meant to. It can never be started again.",
    _FROZEN,
    danger=True,
)
TERMINATE = Step(
    "terminate",
    "Terminate",
    "circle-stop",
    "The experiment ends before its time. It can never be started again.",
    _FROZEN,
    danger=True,
)
STEPS: dict[ExperimentStatus, tuple[Step, ...]] = {
    ExperimentStatus.PLANNED: (START, TERMINATE),
    ExperimentStatus.RUNNING: (PAUSE, COMPLETE, TERMINATE),
    ExperimentStatus.PAUSED: (RESUME, COMPLETE, TERMINATE),
    ExperimentStatus.COMPLETED: (),
    ExperimentStatus.TERMINATED: (),
}
"""What can be done in each status."""


def step_dialog(
    workspace: Workspace, row: ExperimentRow, step: Step, parent: QWidget, then: Callable[[Moved], object]
) -> FormDialog:
    """Asks before a step is taken. A refusal is shown in the dialog."""
    form = Form()
    if step.locks:
        form.add_text("Locked from then on, for good:")
        form.add_widget(rows([("Hypothesis", row.hypothesis), *rules_of(row)], right=False))
    form.add_text(step.after)
    form.add(
        MomentField(
            "at",
            "Since when",
            workspace.desk.zone,
            required=False,
            hint="Left empty, it holds from now. An earlier moment is taken only where it changes nothing recorded."
            f" Time in {workspace.desk.zone.key}.",
        )
    )

    def save(desk: Desk, values: Values) -> Moved:
        return desk.write(lambda session: _take(session, row, step, desk.owner_id, values))

    return FormDialog(
        workspace,
        f'{step.title} "{row.name}"?',
        form,
        save,
        then,
        save_words=f"{step.title} experiment",
        intro=step.intro,
        danger=step.danger,
        parent=parent,
    )


def _take(session: "Session", row: ExperimentRow, step: Step, owner_id: int, values: Values) -> Moved:
    if step in (START, RESUME):
        status = show_campaign(session, row.campaign_id).campaign.status
        if status is not CampaignStatus.ACTIVE:
            raise RuleRefused(
                f'Campaign "{row.campaign}" is {status}: an experiment runs only in an active campaign. Open the '
                "campaign and make it active first."
            )
    moved = move_experiment(session, row.id, step.action, owner_id, at=values["at"])
    now = moved.experiment
    if step.locks and (now.hypothesis, rules_of(now)) != (row.hypothesis, rules_of(row)):
        raise RuleRefused(
            f'The rules of "{row.name}" were changed since they were shown here: close this and look them over, then '
            "start it."
        )
    return moved
