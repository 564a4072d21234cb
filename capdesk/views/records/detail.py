"""One record in full: every column with its value, and what can be done with it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from capdesk.services.listings.model import Column, Listing, Row
from capdesk.views.look.theme import Theme
from capdesk.views.page import Command
from capdesk.views.records.display import has_badges, shown
from capdesk.views.widgets import button, long_text, named, status_badge, styled, text
from capdesk.views.workspace import Workspace

_LONG_WORD = 20
"""A word longer than that is broken: an address would be wider than the pane."""


class RecordDetail(QWidget):
    """Values can be selected with the mouse; long texts are wrapped, never cut."""

    def __init__(self, workspace: Workspace, listing: Listing, row: Row, commands: Sequence[Command] = ()) -> None:
        super().__init__()
        named(self, f"detail-{listing.key}", "Details")
        self._workspace = workspace
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(named(styled(_plain(self._title(listing, row)), "heading"), "detail-title"))
        if commands:
            column.addWidget(_buttons(workspace.theme, commands))
        column.addLayout(self._values(listing, row))
        column.addStretch(1)

    def _title(self, listing: Listing, row: Row) -> str:
        """The first text of the record, or else its number."""
        told = (
            shown(one, value, self._workspace.desk.zone)
            for one, value in zip(listing.columns, row.values, strict=True)
            if one.kind in ("text", "choice") and value is not None and one.shown
        )
        words = next(told, "")
        return f"{words[:1].upper()}{words[1:]}" if words else f"{listing.title} {row.id:,}"

    def _values(self, listing: Listing, row: Row) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(9)
        grid.setColumnStretch(1, 1)
        for number, (column, value) in enumerate(zip(listing.columns, row.values, strict=True)):
            title = _plain(column.title)
            grid.addWidget(styled(title, "muted"), number, 0, Qt.AlignmentFlag.AlignTop)
            made = named(self._value(column, value), f"value-{column.key}")
            title.setBuddy(made)
            top, left = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignLeft
            grid.addWidget(made, number, 1, top | left if has_badges(column) else top)
        return grid

    def _value(self, column: Column, value: object) -> QLabel:
        if value is not None and has_badges(column):
            return status_badge(str(value))
        if column.kind == "text" and value is not None:
            return _broken(str(value)) if _is_long(str(value)) else text(str(value), wrap=True)
        if column.kind == "flag" and value is not None:
            return text("Yes" if value else "No")
        return text(shown(column, value, self._workspace.desk.zone), wrap=True)


def _is_long(words: str) -> bool:
    return max(map(len, words.split()), default=0) > _LONG_WORD


def _broken(words: str) -> QLabel:
    """It takes the room there is, and asks for none of the titles'."""
    made = long_text(words)
    policy = made.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    made.setSizePolicy(policy)
    return made


def _buttons(theme: Theme, commands: Sequence[Command]) -> QWidget:
    """One below the other: the pane is narrow."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    for command in commands:
        made = button(command.title, command.run, kind="primary" if command.primary else "")
        made.setEnabled(command.enabled)
        made.setToolTip(command.shortcut)
        if command.icon:
            made.setIcon(theme.icon(command.icon, theme.colors.on_accent if command.primary else None))
        column.addWidget(made)
    return whole


def _plain(words: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
