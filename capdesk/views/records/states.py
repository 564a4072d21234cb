"""What stands in the middle of a list without rows: that it is loading, empty, filtered away or could not be read."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QLabel, QVBoxLayout, QWidget

from capdesk.views.widgets import button, named, styled


class StatePanel(QWidget):
    """Lies over a list's rows; takes no room of its own."""

    def __init__(self, over: QAbstractScrollArea) -> None:
        super().__init__(over.viewport())
        named(self, "list-state")
        self._over = over
        self._heading = named(styled(QLabel(), "heading"), "state-heading")
        self._words = named(styled(QLabel(), "muted"), "state-words")
        for label in (self._heading, self._words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
        self._run: Callable[[], object] | None = None
        self.button = button("", self._clicked)
        self.button.setObjectName("state-button")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self._heading)
        column.addWidget(self._words)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        over.viewport().installEventFilter(self)
        self.hide()

    @property
    def words(self) -> str:
        """What it says, empty while it is not shown."""
        return " ".join(filter(None, (self._heading.text(), self._words.text()))) if not self.isHidden() else ""

    def say(
        self,
        heading: str,
        words: str = "",
        action: str = "",
        run: Callable[[], object] | None = None,
        *,
        primary: bool = False,
    ) -> None:
        self._heading.setText(heading)
        self._heading.setVisible(bool(heading))
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._run = run
        self.button.setText(action)
        self.button.setAccessibleName(action)
        self.button.setVisible(bool(action))
        self.button.setProperty("kind", "primary" if primary else "")
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self.setAccessibleName(" ".join(filter(None, (heading, words))))
        self.setGeometry(self._over.viewport().rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.setGeometry(self._over.viewport().rect())
        return super().eventFilter(watched, event)

    def _clicked(self) -> None:
        if self._run is not None:
            self._run()
