"""Step 3: which column carries which field and what a dialer's words mean, with the first rows beside it."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from capdesk.errors import UsageRefused
from capdesk.services.imports.detect import words_in
from capdesk.services.imports.fields import OUTCOMES, parse_outcome
from capdesk.services.imports.preview import Preview, preview, preview_costs
from capdesk.views.layouts import Pair, empty, inside
from capdesk.views.page import scrolled
from capdesk.views.pages.imports.draft import FIELD_WORDS, Draft, is_built_in
from capdesk.views.pages.imports.preview_table import LEAST_TABLE, RowsModel, fit_columns, rows_table
from capdesk.views.pages.imports.step import WIDE, Step
from capdesk.views.widgets import card, named, set_property, styled, text
from capdesk.views.workspace import Workspace, sentence

_PAUSE_MS = 150
_MOST_WORDS = 24
_SPARE = 24


class ColumnsStep(Step):
    """Every change shows at once what it does to the first rows."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.boxes: dict[str, QComboBox] = {}
        self.words: dict[str, QComboBox] = {}
        self._shown_for: tuple[object, ...] = ()
        self._words_of: tuple[object, ...] = ()
        self._narrow = False
        self._fields = QGridLayout()
        self._meanings = QGridLayout()
        self.save_as = named(QLineEdit(), "field-save_as", "Save as profile")
        self.save_as.setPlaceholderText("A name, to keep this for files like it")
        self.save_as.textChanged.connect(self._named)
        self._save_problem = named(text("", "bad", wrap=True), "save-problem")
        self._save_problem.hide()
        self._summary = named(text("", "heading", wrap=True), "preview-summary")
        self._refused = named(text("", "bad", wrap=True), "preview-refused")
        self._reason = named(text("", "muted", wrap=True), "preview-reason")
        self.model = RowsModel(workspace.theme)
        self.table = rows_table("preview", "The first rows, as they would be recorded", self.model)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._lay_out()

    def _lay_out(self) -> None:
        self._left = QWidget()
        side = QVBoxLayout(self._left)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(16)
        for grid in (self._fields, self._meanings):
            grid.setHorizontalSpacing(10)
            grid.setVerticalSpacing(6)
            grid.setColumnStretch(1, 1)
        mapping = card(
            text("Columns", "heading"),
            text("* is needed. What no field takes is kept as metadata.", "small", wrap=True),
        )
        self._meaning_card = card(text("Outcomes", "heading"), text("What the file's words mean.", "small", wrap=True))
        saving = card(text("Save as profile", "strong"), self.save_as, self._save_problem)
        for frame, grid in ((mapping, self._fields), (self._meaning_card, self._meanings)):
            inside(frame).addLayout(grid)
        for frame in (mapping, self._meaning_card, saving):
            side.addWidget(frame)
        side.addStretch(1)
        area = scrolled(self._left)
        area.setMinimumWidth(340)
        self._area = area
        right = card(self._summary, self._refused, self._reason)
        inside(right).insertWidget(2, self.table, 1)
        self.table.setMinimumHeight(LEAST_TABLE)
        pair = Pair(area, right, (2, 3), WIDE)
        pair.turned.connect(self._turned)
        self.column.addWidget(pair, 1)

    def _turned(self, narrow: bool) -> None:
        """Above the preview everything stands in full, and the whole step scrolls."""
        self._narrow = narrow
        self._area.setMinimumHeight(self._left.sizeHint().height() + _SPARE if narrow else 0)

    def enter(self, draft: Draft | None) -> None:
        super().enter(draft)
        if draft is None:
            return
        self._area.setVisible(not draft.is_cost)
        shown_for = (draft.path, draft.kind, draft.profile, draft.looked.header)
        if shown_for != self._shown_for:
            self._shown_for = shown_for
            self._words_of = ()
            self._build()
        self.save_as.setText(draft.save_as)
        self._look()
        self._turned(self._narrow)

    def ready(self) -> bool:
        draft = self.draft
        if draft is None or draft.is_cost:
            return draft is not None
        return not self._missing() and not self._save_problem.text()

    def first_focus(self) -> QWidget | None:
        missing = [] if self.draft is None or self.draft.is_cost else self._missing()
        return self.boxes[missing[0]] if missing else None

    def _missing(self) -> list[str]:
        draft = self.chosen_so_far
        columns = draft.columns()
        return [name for name, needed in draft.fields() if needed and name not in columns]

    def _build(self) -> None:
        draft = self.chosen_so_far
        empty(self._fields)
        self.boxes = {}
        if draft.is_cost:
            return
        columns = draft.columns()
        for row, (name, needed) in enumerate(draft.fields()):
            box = named(QComboBox(), f"column-{name}", f"Column of {FIELD_WORDS[name]}")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
            box.addItem("—", "")
            for column in draft.looked.header:
                box.addItem(column, column)
            box.setCurrentIndex(max(0, box.findData(columns.get(name, ""))))
            box.currentIndexChanged.connect(lambda _at, field=name: self._mapped(field))
            label = styled(QLabel(f"{FIELD_WORDS[name]}{' *' if needed else ''}"), "strong" if needed else "muted")
            label.setBuddy(box)
            label.setToolTip(name)
            self._fields.addWidget(label, row, 0)
            self._fields.addWidget(box, row, 1)
            self.boxes[name] = box

    def _mapped(self, name: str) -> None:
        self.chosen_so_far.map(name, self.boxes[name].currentData())
        self._pause.start()
        self._mark()

    def _mark(self) -> None:
        missing = self._missing()
        for name, box in self.boxes.items():
            set_property(box, "wrong", name in missing)
        self.changed.emit()

    def _named(self, words: str) -> None:
        draft = self.draft
        if draft is None:
            return
        draft.save_as = words.strip()
        taken = not draft.is_cost and is_built_in(draft.save_as, draft.table_kind)
        self._save_problem.setText(f"“{draft.save_as}” is a built-in profile; choose another name." if taken else "")
        self._save_problem.setVisible(taken)
        set_property(self.save_as, "wrong", taken)
        self.changed.emit()

    def _look(self) -> None:
        """Asks for the preview, and for the words of the outcome column where it is another."""
        draft = self.chosen_so_far
        looked, options = draft.looked, draft.options()
        if draft.is_cost:
            kind = draft.kind or ""
            self.workspace.read(
                self, "preview", lambda desk: preview_costs(desk, kind, looked.path), self._show, self._failed
            )
            self._meaning_card.hide()
            return
        self._mark()
        missing = self._missing()
        if missing:
            self._ask_for(missing)
            return
        source, table_kind = draft.table, draft.table_kind
        campaign, profile = draft.campaign, draft.profile
        self.workspace.read(
            self,
            "preview",
            lambda desk: preview(desk, source, table_kind, campaign=campaign, profile=profile, options=options),
            self._show,
            self._failed,
        )
        self._look_at_words()

    def _ask_for(self, missing: list[str]) -> None:
        """Until every needed field has its column, the rows are shown as they stand in the file."""
        draft = self.chosen_so_far
        self.model.show_rows(draft.table.header, draft.looked.sample)
        fit_columns(self.table)
        self._summary.setText(f"Say which column is {_listed([FIELD_WORDS[name] for name in missing])}.")
        self._refused.hide()
        self._reason.setText("")
        self._look_at_words()

    def _look_at_words(self) -> None:
        draft = self.chosen_so_far
        column = draft.columns().get("outcome") if draft.kind == "calls" else None
        self._meaning_card.setVisible(bool(column) and bool(self.words))
        if (draft.path, column) == self._words_of:
            return
        self._words_of = (draft.path, column)
        source = draft.looked.source
        if column is None or source is None:
            self._show_words({})
            return
        self.workspace.read(self, "words", lambda _desk: words_in(source, column), self._show_words, self._failed)

    def _show_words(self, counts: dict[str, int]) -> None:
        draft = self.chosen_so_far
        empty(self._meanings)
        self.words = {}
        known = {**(draft.fit.outcomes if draft.fit else {}), **draft.outcomes}
        meanings = {word: _meaning(word, known) for word in counts if word}
        # what is not understood comes first, and what is canonical anyway needs no line
        asked = sorted((word for word in meanings if word not in OUTCOMES), key=lambda word: meanings[word] is not None)
        for row, word in enumerate(asked[:_MOST_WORDS]):
            box = named(QComboBox(), f"outcome-{row}", f"What {word[:40]} means")
            box.addItem("— not understood", "")
            for outcome in OUTCOMES:
                box.addItem(outcome, outcome)
            box.setCurrentIndex(max(0, box.findData(meanings[word] or "")))
            set_property(box, "wrong", meanings[word] is None)
            box.currentIndexChanged.connect(lambda _at, said=word: self._meant(said))
            self._meanings.addWidget(text(f"{word[:40]} · {counts[word]:,}", wrap=True), row, 0)
            self._meanings.addWidget(box, row, 1)
            self.words[word] = box
        self._meaning_card.setVisible(bool(self.words))
        self._turned(self._narrow)

    def _meant(self, word: str) -> None:
        outcome = self.words[word].currentData()
        if outcome:
            self.chosen_so_far.outcomes[word] = outcome
        else:
            self.chosen_so_far.outcomes.pop(word, None)
        set_property(self.words[word], "wrong", not outcome)
        self._pause.start()

    def _show(self, found: Preview) -> None:
        draft = self.chosen_so_far
        self.model.show_preview(found, {} if draft.is_cost else draft.columns())
        fit_columns(self.table)
        self._summary.setText(_summary(found, draft.is_cost))
        styled(self._summary, "heading")
        first = next((row for row, one in enumerate(found.rows) if not one.taken), -1)
        self._reason.setText("")
        if first >= 0:
            self.table.selectRow(first)
        self._refused.setText("" if draft.is_cost else _said(found.refused))
        self._refused.setVisible(bool(self._refused.text()))

    def _row_chosen(self) -> None:
        row = self.table.currentIndex().row()
        if self.model.judged and 0 <= row < len(self.model.rows):
            line, result = self.model.rows[row][:2]
            self._reason.setText(f"Line {line}: {result[2:]}")

    def _failed(self, error: Exception) -> None:
        self._summary.setText("There is no preview.")
        self._refused.setText(sentence(error))
        self._refused.show()


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _said(refused: str) -> str:
    """A refusal that the step Check will ask about is no mistake of the mapping."""
    return "" if "--allow-unattributed" in refused else refused[:1].upper() + refused[1:]


def _summary(found: Preview, cost: bool) -> str:
    if not found.rows:
        return "The check tells what the file holds." if cost else "No row to show."
    count, lands = len(found.rows), len(found.rows) - found.rejected
    known = f", {found.known:,} of them known already" if found.known else ""
    if cost:
        return f"{lands:,} statements" + (f", {found.rejected:,} records rejected" if found.rejected else "")
    if not found.rejected:
        return f"All of the first {count:,} rows are taken{known}." if count > 1 else f"The row is taken{known}."
    return f"Of the first {count:,} rows {lands:,} are taken{known}, {found.rejected:,} rejected."


def _meaning(word: str, known: dict[str, str]) -> str | None:
    try:
        return parse_outcome(word, known)
    except UsageRefused:
        return None
