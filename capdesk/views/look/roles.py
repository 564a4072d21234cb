"""What painted widgets are to assistive technology: Qt takes a widget it does not know for a mere pane."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_PICTURE = "picture"
_known: list[bool] = []


def is_picture(widget: QWidget) -> None:
    """The widget is a picture: its name says of what, its description what it shows."""
    if not _known:
        QAccessible.installFactory(_spoken)
        _known.append(True)
    widget.setProperty(_PICTURE, True)


def _spoken(_class: str, widget: QObject | None) -> QAccessibleInterface | None:
    if isinstance(widget, QWidget) and widget.property(_PICTURE):
        return QAccessibleWidget(widget, QAccessible.Role.Graphic)
    return None
