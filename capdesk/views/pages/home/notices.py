"""What waits for the owner beside the experiments: each with the way out."""

from collections.abc import Iterator
from functools import partial

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from capdesk.services.money import dollars
from capdesk.services.providers.charges import PROVIDER_NAMES
from capdesk.services.reports.model import SourceStanding
from capdesk.services.reports.overview import Overview
from capdesk.services.reports.wording import clipped, counted, long_day, sentence
from capdesk.views.layouts import empty
from capdesk.views.pages.home.pieces import act, notice
from capdesk.views.widgets import named
from capdesk.views.workspace import Workspace


class Notices(QWidget):
    """Cards one below the other; nothing where nothing waits."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        named(self, "notices", "What waits for you")
        self._workspace = workspace
        self._shown: object = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def show_overview(self, shown: Overview) -> None:
        state = (shown.unassigned, shown.sources, shown.troubled, shown.unjudged)
        if state == self._shown:
            return
        self._shown = state
        empty(self._column)
        for frame in self._cards(shown):
            self._column.addWidget(frame)
        self.setVisible(self._column.count() > 0)

    def _cards(self, shown: Overview) -> Iterator[QFrame]:
        go, theme = self._workspace.go, self._workspace.theme
        for ended in shown.unjudged:
            evaluate = act("Evaluate", partial(go, "evaluate", ended.experiment_id), ended.experiment)
            title = f"Evaluation recommended: {ended.experiment} · {ended.campaign}"
            yield named(notice(theme, "gavel", "warn", title, ended.text, evaluate), "notice-unjudged")
        for source in filter(is_lacking, shown.sources):
            way = act("Costs", lambda: go("syncs"), f"of {PROVIDER_NAMES[source.provider]}")
            title = f"Costs of {PROVIDER_NAMES[source.provider]} are not in"
            yield named(notice(theme, "unplug", "warn", title, lacking_words(source), way), "notice-costs")
        if shown.troubled:
            way = act("Notifications", lambda: go("notifications"), "")
            title = f"{sentence(counted(len(shown.troubled), 'email'))} did not certainly arrive"
            words = ", ".join(sorted({f"{one.kind} {one.state}" for one in shown.troubled}))
            yield named(notice(theme, "mail", "bad", title, words, way), "notice-emails")
        if shown.unassigned.total_usd:
            way = act("Assign", lambda: go("settings", filter="mapping"), "unassigned spend")
            title = f"{dollars(shown.unassigned.total_usd)} of provider costs belong to no campaign"
            words = "Say which campaign pays for each account, project or label; past days follow by themselves."
            yield named(notice(theme, "map", "accent", title, words, way), "notice-unassigned")


def is_lacking(source: SourceStanding) -> bool:
    """More is missing than the day that has just ended, or the last pull went wrong."""
    return bool(source.missing) and (len(source.missing) > 1 or source.error is not None)


def lacking_words(source: SourceStanding) -> str:
    """`Not pulled since Mon 16 Nov 2026; the figures below lack 3 days.`"""
    since = "Never pulled" if source.through is None else f"Not pulled since {long_day(source.through)}"
    words = f"{since}; the figures below lack {counted(len(source.missing), 'day')} of this week and the last."
    return f"{words} {clipped(source.error, 300)}" if source.error else words
