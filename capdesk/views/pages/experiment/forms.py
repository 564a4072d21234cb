"""The form of an experiment: planned anew, or changed while it is still planned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from capdesk.bootstrap import Desk
from capdesk.errors import UsageRefused
from capdesk.models.base import CampaignStatus, EventType
from capdesk.services.campaigns import list_campaigns
from capdesk.services.experiments import (
    LONGEST_DAYS,
    MOST_TRANCHES,
    ExperimentPlan,
    ExperimentRow,
    add_experiment,
    edit_experiment,
    show_experiment,
)
from capdesk.services.money import dollars
from capdesk.services.reports.names import event_name
from capdesk.views.forms.fields import ChoiceField, Field, MoneyField, NotesField, NumberField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.pages.experiment.rule_fields import BonusField, EventsField
from capdesk.views.pages.experiment.rules import tranche_words
from capdesk.views.widgets import named, text
from capdesk.views.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_QPC = "A QPC is a call of at least 150 seconds that ended in Schedule, Info or Callback."
_EVENTS = [(event, event_name(event)) for event in EventType]


class ExperimentForm(Form):
    """What an experiment is to prove, and what it may cost."""

    def __init__(self) -> None:
        self.campaign = ChoiceField("campaign", "Campaign")
        self.primary = ChoiceField("primary_success_event", "Primary success event", _EVENTS, hint=_QPC)
        self.secondary = EventsField("secondary_events", "Secondary success events")
        self.cap = MoneyField("capital_cap_usd", "Capital cap")
        self.tranche = MoneyField("tranche_size_usd", "Tranche size")
        self.days = NumberField("time_cap_days", "Time cap in days")
        self.tranches = named(text("", "muted", wrap=True), "tranche-line", "Tranches")
        super().__init__(
            self.campaign,
            TextField("name", "Name"),
            NotesField("hypothesis", "Hypothesis", hint="What it is to prove.", lines=3),
        )
        self.add(self.cap, beside=self.tranche)
        self.add_widget(self.tranches)
        self.add(self.days, beside=self.primary)
        self.add(self.secondary)
        self.add(BonusField("bonus_rules", "Bonuses", hint="Dollars a member earns for one event of the type."))
        self.primary.set_value(EventType.CALCULATOR_INSTALLED)
        self.primary.changed.connect(self._primary_changed)
        self.changed.connect(self._tell_tranches)
        self._primary_changed()
        self._tell_tranches()

    def check(self) -> bool:
        """Also how the rules stand to each other; the sentence stands at the field to be changed."""
        if not super().check():
            return False
        wrong = self._wrong()
        if wrong is None:
            return True
        wrong[0].complain(wrong[1])
        wrong[0].setFocus()
        return False

    def _wrong(self) -> tuple[Field[Any], str] | None:
        cap, tranche, days = self.cap.value(), self.tranche.value(), self.days.value()
        if cap <= 0:
            return self.cap, "The capital cap must be more than $0."
        if not 0 < tranche <= cap:
            return self.tranche, f"It must be more than $0 and at most the cap, {dollars(cap)}."
        if cap / tranche > MOST_TRANCHES:
            return self.tranche, f"That makes more than {MOST_TRANCHES:,} tranches; choose larger ones."
        if not 1 <= days <= LONGEST_DAYS:
            return self.days, f"It must be from 1 to {LONGEST_DAYS:,} days."
        return None

    def _primary_changed(self) -> None:
        self.secondary.leave_out(self.primary.value())

    def _tell_tranches(self) -> None:
        try:
            cap, size = self.cap.value(), self.tranche.value()
        except UsageRefused:
            cap = size = None
        told = cap is not None and size is not None and 0 < size <= cap and cap / size <= MOST_TRANCHES
        self.tranches.setText(f"{tranche_words(cap, size)}." if told else "The cap is spent tranche by tranche.")


@dataclass(frozen=True)
class _Given:
    """What the form starts from: the campaigns it may belong to, and the experiment where there is one."""

    campaigns: list[tuple[int, str]]
    experiment: ExperimentRow | None


def experiment_dialog(
    workspace: Workspace,
    campaign_id: int | None = None,
    experiment_id: int | None = None,
    parent: QWidget | None = None,
    then: Callable[[ExperimentRow], object] | None = None,
) -> FormDialog:
    """Plans an experiment, or changes a planned one. Call `open`; what it starts from is read meanwhile."""
    form = ExperimentForm()
    if experiment_id is not None:
        form.campaign.hide()
    form.setEnabled(False)
    given: list[_Given] = []
    dialog = FormDialog(
        workspace,
        "New experiment" if experiment_id is None else "Edit experiment",
        form,
        lambda desk, values: _save(desk, given[0].experiment, values),
        then,
        save_words="Plan experiment" if experiment_id is None else "Save",
        intro="Its hypothesis and rules may be changed until its first start; then they are locked.",
        parent=parent,
    )
    dialog.setMinimumWidth(620)
    dialog.resize(700, 780)

    def fill(read: _Given) -> None:
        given[:] = [read]
        form.campaign.set_choices(read.campaigns)
        form.campaign.set_value(campaign_id)
        if read.experiment is not None:
            form.set_values(vars(read.experiment) | {"campaign": None})
        if not read.campaigns and experiment_id is None:
            form.campaign.complain("There is no campaign yet: make one first, an experiment belongs to it.")
        form.setEnabled(True)
        form.fields["name"].setFocus()

    workspace.read(dialog, "given", lambda desk: _read(desk, experiment_id), fill)
    return dialog


def _read(desk: Desk, experiment_id: int | None) -> _Given:
    def read(session: "Session") -> _Given:
        campaigns = [one for one in list_campaigns(session) if one.status is not CampaignStatus.COMPLETED]
        row = None if experiment_id is None else show_experiment(session, experiment_id).experiment
        return _Given([(one.id, one.name) for one in campaigns], row)

    return desk.read(read)


def _save(desk: Desk, before: ExperimentRow | None, values: Values) -> ExperimentRow:
    fields = {key: value for key, value in values.items() if key not in ("campaign", "bonus_rules")}
    bonuses = values["bonus_rules"]
    if before is None:
        plan = ExperimentPlan(**fields, bonus_rules=bonuses)
        return desk.write(lambda session: add_experiment(session, values["campaign"], plan))
    seen = {name: getattr(before, name) for name in (*fields, "bonus_rules")}
    changed = dict.fromkeys(EventType) | bonuses
    return desk.write(lambda session: edit_experiment(session, before.id, None, changed, seen, **fields))
