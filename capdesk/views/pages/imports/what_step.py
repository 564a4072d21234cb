"""Step 2: what the file is: kind, campaign and profile, found by itself and open to be changed."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from capdesk.services.imports.profiles import REQUIRED
from capdesk.services.plain import size_text
from capdesk.views.forms.fields import CheckField, ChoiceField
from capdesk.views.forms.form import Form
from capdesk.views.layouts import Pair, inside
from capdesk.views.pages.imports.draft import COST_KINDS, DELIMITER_WORDS, KINDS, Draft
from capdesk.views.pages.imports.preview_table import LEAST_TABLE, RowsModel, fit_columns, rows_table
from capdesk.views.pages.imports.step import WIDE, Step
from capdesk.views.widgets import card, named, text
from capdesk.views.workspace import Workspace

Campaigns = dict[int, str]
"""Their names, by id."""
_WHOLE_DAYS = (
    "What the file no longer names of a day it states is taken back. "
    "For complete exports only, never for a part of one."
)


class WhatStep(Step):
    """Every choice is kept in the draft at once."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.campaigns: Campaigns = {}
        self.kind = ChoiceField("kind", "Kind", KINDS)
        self.campaign = ChoiceField("campaign", "Campaign")
        self.kind.box.setPlaceholderText("Choose a kind")
        self.campaign.box.setPlaceholderText("Choose a campaign")
        self.profile = ChoiceField("profile", "Profile")
        self.whole_days = CheckField("whole_days", "The file states whole days", hint=_WHOLE_DAYS)
        self._note = named(text("", "warn", wrap=True), "what-note")
        form = Form(self.kind, self.campaign, self.profile, self.whole_days)
        self._facts = named(text("", "muted", wrap=True), "file-facts")
        self._name = named(text("", "heading", wrap=True), "file-name")
        self.model = RowsModel(workspace.theme)
        self.table = rows_table("file-rows", "The first rows of the file", self.model)
        self._rows = self._about(form)
        self._filling = False
        for field in (self.kind, self.campaign, self.profile, self.whole_days):
            field.changed.connect(self._chosen)

    def _about(self, form: Form) -> QLabel:
        heading = text("First rows, as they stand in the file", "strong")
        left, right = card(form, self._note), card(self._name, self._facts, heading)
        inside(right).addWidget(self.table, 1)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(left)
        column.addStretch(1)
        self.table.setMinimumHeight(LEAST_TABLE)
        self.column.addWidget(Pair(side, right, (2, 3), WIDE), 1)
        return heading

    def show_campaigns(self, campaigns: Campaigns) -> None:
        self._filling = True
        self.campaigns = campaigns
        self.campaign.set_choices(list(campaigns.items()))
        self._filling = False

    def enter(self, draft: Draft | None) -> None:
        super().enter(draft)
        if draft is None:
            return
        self._filling = True
        self._name.setText(draft.path.name)
        self._facts.setText(facts_of(draft))
        self.kind.box.setCurrentIndex(-1)
        self.kind.set_value(draft.kind)
        self.campaign.box.setCurrentIndex(-1)
        self.campaign.set_value(draft.campaign)
        self.whole_days.set_value(draft.whole_days)
        self._fill_profiles()
        self._filling = False
        is_table = draft.looked.source is not None
        self.table.setVisible(is_table)
        self._rows.setVisible(is_table)
        if is_table and draft.looked.source is not None:
            self.model.show_rows(draft.looked.source.header, draft.looked.sample)
            fit_columns(self.table, 200)
        self._refresh()

    def ready(self) -> bool:
        draft = self.draft
        return draft is not None and draft.kind is not None and bool(draft.campaign or not draft.needs_campaign)

    def first_focus(self) -> QWidget | None:
        draft = self.draft
        if draft is None or draft.kind is None:
            return self.kind.box
        return self.campaign.box if draft.needs_campaign and draft.campaign is None else None

    def _fill_profiles(self) -> None:
        draft = self.chosen_so_far
        fits = draft.looked.profiles(draft.kind or "")
        self.profile.set_choices([(fit.profile, _profile_words(fit.profile, fit.saved, fit.missing)) for fit in fits])
        best = draft.fit
        self.profile.set_value(best.profile if best else None)
        draft.profile = best.profile if best else None

    def _chosen(self) -> None:
        draft = self.draft
        if self._filling or draft is None:
            return
        kind = self.kind.value()
        if kind != draft.kind:
            draft.kind, draft.profile, draft.mapping, draft.outcomes = kind, None, {}, {}
            self._filling = True
            self._fill_profiles()
            self._filling = False
        draft.campaign = self.campaign.value()
        draft.profile = self.profile.value()
        draft.whole_days = bool(self.whole_days.value())
        self._refresh()

    def _refresh(self) -> None:
        draft = self.chosen_so_far
        cost = draft.kind in COST_KINDS
        self.campaign.setVisible(not cost and (draft.needs_campaign or draft.kind in ("team", "timelogs")))
        self.profile.setVisible(not cost and draft.kind is not None)
        self.whole_days.setVisible(cost)
        note = _note(draft, bool(self.campaigns))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.changed.emit()


def facts_of(draft: Draft) -> str:
    """Size, lines, encoding and delimiter, as they were found."""
    source, size = draft.looked.source, size_text(draft.looked.size)
    if source is None:
        return f"{size} · what a provider's interface returned"
    how = DELIMITER_WORDS.get(source.delimiter, source.delimiter or "")
    separated = how if source.delimiter is None else f"separated by {how}"
    return f"{size} · {source.lines:,} lines · {len(draft.looked.header)} columns · {source.encoding} · {separated}"


def _profile_words(name: str, saved: bool, missing: tuple[str, ...]) -> str:
    words = f"{name} (yours)" if saved else name
    if not missing:
        return f"{words} · fits"
    return f"{words} · {len(missing)} column{'s' if len(missing) > 1 else ''} to say"


def _note(draft: Draft, any_campaign: bool) -> str:
    if draft.kind is None:
        return "Nothing tells what this file is: choose its kind."
    if draft.needs_campaign and not any_campaign:
        return "There is no campaign yet: make one on the page Campaigns, then come back; this import waits here."
    if draft.needs_campaign and draft.campaign is None:
        return "Choose the campaign these rows belong to."
    fit = draft.fit
    if fit is not None and fit.missing:
        needed = len(REQUIRED[draft.table_kind])
        found = needed - len(fit.missing)
        return f"The header names {found} of {needed} needed columns; the next step asks for the others."
    return ""
