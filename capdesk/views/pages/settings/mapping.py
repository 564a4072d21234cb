"""Which campaign pays for what a provider charged: what is unassigned first, then the mappings in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from capdesk.bootstrap import Desk
from capdesk.services.campaigns import CampaignRow, list_campaigns
from capdesk.services.mapping import (
    Mapped,
    Mapping,
    Mappings,
    ProviderName,
    Source,
    UnassignedSource,
    map_source,
    mappings,
)
from capdesk.services.money import dollars
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.reports.wording import counted
from capdesk.services.settings import Settings, change_settings, get_settings
from capdesk.views.forms.fields import ChoiceField, TextField
from capdesk.views.forms.form import Form, FormDialog, Values
from capdesk.views.layouts import flowing
from capdesk.views.pages.settings.offered import source_words
from capdesk.views.pages.settings.section import Card, Outcome, Rows, SavedForm, Section, line_of, row_button
from capdesk.views.widgets import button, long_text, named, text
from capdesk.views.workspace import Workspace

_PAST = "All its past days move too: the ledger rows that takes are appended, none is changed."


@dataclass(frozen=True)
class _Shown:
    mappings: Mappings
    campaigns: list[CampaignRow]
    settings: Settings


class MappingSection(Section):
    key = "mapping"
    title = "Mapping"
    icon = "link"
    about = (
        "Which campaign pays for what a provider charged. The most specific mapping wins: a label before a project, a "
        "project before an account. What no mapping reaches is unassigned, and shown in every total."
    )

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._campaigns: list[CampaignRow] = []
        self.outcome = Outcome("mapping-outcome")
        self.unassigned = Rows("unassigned-sources", "Unassigned")
        self.mapped = Rows("mapped-sources", "Mapped")
        self.total = named(text("", "muted", wrap=True), "unassigned-total")
        self.first = named(button("Make a campaign first", lambda: workspace.go("campaigns")), "mapping-campaigns")
        self.first.hide()
        label = TextField("gcp_label_key", "Label of Google Cloud that names a campaign", hint="Like campaign.")
        self.card = SavedForm(workspace, "mapping", Form(label), _save_label, lambda _saved: self.reload())
        above = Card("Unassigned", "", self.total, self.unassigned)
        above.column.addWidget(flowing(self.first))
        below = Card("Mapped", "", self.mapped)
        for widget in (self.outcome, above, below, self.card):
            self.column.addWidget(widget)

    def reload(self) -> None:
        self.read(_read, self._show)

    def assign(self, sources: Sequence[Source], campaign: str | None = None) -> None:
        """Asks for the campaign of one of the sources; a second one replaces what is mapped."""
        which = ChoiceField("source", "What", [(one, source_words(one)) for one in sources])
        to = ChoiceField("campaign", "Campaign", [(one.id, one.name) for one in self._campaigns])
        to.set_value(next((one.id for one in self._campaigns if one.name == campaign), None))
        FormDialog(
            self.workspace,
            "Assign to a campaign" if campaign is None else "Assign to another campaign",
            Form(which, to),
            lambda desk, values: _map(desk, values["source"], values["campaign"]),
            self._moved,
            save_words="Assign",
            intro=_PAST,
            parent=self,
        ).open()

    def unmap(self, one: Mapping) -> None:
        source = _source(one)
        FormDialog(
            self.workspace,
            "Take a mapping back",
            Form(),
            lambda desk, _values: _map(desk, source, None),
            self._moved,
            save_words="Take back",
            intro=f"{source_words(source)} goes where a less specific mapping says, or is unassigned again. {_PAST}",
            danger=True,
            parent=self,
        ).open()

    def _moved(self, made: Mapped) -> None:
        head = "is mapped no more" if made.campaign is None else f'is mapped to "{made.campaign}"'
        parts = [f"{name} {dollars(usd)}" for name, usd in made.moved_usd.items()]
        moved = f"{counted(made.rows, 'ledger row')} appended: {', '.join(parts)}." if parts else "No charge moved."
        self.outcome.say(f"{made.source} {head}. {moved}")
        self.reload()

    def _show(self, shown: _Shown) -> None:
        self._campaigns = shown.campaigns
        self.card.load({"gcp_label_key": shown.settings.gcp_label_key})
        left = sorted(shown.mappings.unassigned, key=lambda one: -one.charged_usd)
        total = sum((one.charged_usd for one in left), Decimal())
        self.total.setText(
            f"{dollars(total)} of {counted(len(left), 'source')} belong to no campaign yet."
            if left
            else "Nothing is unassigned: every charge has a campaign."
        )
        self.first.setVisible(bool(left) and not shown.campaigns)
        self.unassigned.replace([self._unassigned(number, one) for number, one in enumerate(left, 1)])
        rows: list[QWidget] = [self._mapped(one) for one in shown.mappings.mapped]
        self.mapped.replace(rows or [text("Nothing is mapped yet.", "muted", wrap=True)])

    def _unassigned(self, number: int, one: UnassignedSource) -> QWidget:
        sources = _sources_of(one)
        words = source_words(Source(cast(ProviderName, one.provider), one.account, one.project, one.label))
        act = row_button(
            "Assign to campaign…", lambda: self.assign(sources), f"assign-{number}", f"Assign {words} to a campaign"
        )
        act.setEnabled(bool(self._campaigns))
        days = f"{one.first_day} to {one.last_day}"
        return _line(PROVIDER_NAMES[cast(ProviderName, one.provider)], words, days, one.charged_usd, act)

    def _mapped(self, one: Mapping) -> QWidget:
        source = _source(one)
        words = source_words(source)
        change = row_button(
            "Change…", lambda: self.assign([source], one.campaign), f"remap-{one.id}", f"Change the campaign of {words}"
        )
        back = row_button("Take back…", lambda: self.unmap(one), f"unmap-{one.id}", f"Take back the mapping of {words}")
        return _line(
            PROVIDER_NAMES[cast(ProviderName, one.provider)], words, f"to {one.campaign}", one.charged_usd, change, back
        )


def _line(provider: str, words: str, more: str, usd: Decimal, *buttons: QWidget) -> QWidget:
    """Two lines of words, the money at the right, then what can be done."""
    said = QWidget()
    column = QVBoxLayout(said)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(1)
    column.addWidget(long_text(words))
    column.addWidget(text(f"{provider} · {more}", "small", wrap=True))
    return line_of(said, text(dollars(usd), "strong"), *buttons)


def _source(one: Mapping) -> Source:
    return Source(cast(ProviderName, one.provider), one.account, one.project, one.label)


def _sources_of(one: UnassignedSource) -> list[Source]:
    """What of it can be mapped, the most specific first."""
    if one.provider == "twilio":
        return [Source("twilio", account=one.account)]
    found = [Source("gcp", label=one.label)] if one.label is not None else []
    found += [Source("gcp", project=one.project)] if one.project is not None else []
    return [*found, Source("gcp", account=one.account)]


def _map(desk: Desk, source: Source, campaign: int | None) -> Mapped:
    return desk.write(lambda session: map_source(session, source, campaign, desk.owner_id))


def _save_label(desk: Desk, values: Values) -> Settings:
    return desk.write(lambda s: change_settings(s, desk.owner_id, gcp_label_key=values["gcp_label_key"]))


def _read(desk: Desk) -> _Shown:
    return desk.read(
        lambda session: _Shown(mappings(session), list_campaigns(session), get_settings(session, desk.owner_id))
    )
