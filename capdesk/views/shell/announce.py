"""Sentences for those who hear the window."""

from PySide6.QtCore import QObject


def announce(source: QObject, words: str, *, at_once: bool = False) -> None:
    """A screen reader says it; `at_once` even while it says something else."""
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # noqa: PLC0415 - not before the window is seen

    event = QAccessibleAnnouncementEvent(source, words)
    if at_once:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)
