"""What assistive technology is told of widgets, and what is missing of it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QRadioButton,
    QScrollBar,
    QTabBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from capdesk.views.charts.painted import Painted

Role = QAccessible.Role
_ROLES: tuple[tuple[type[QWidget], frozenset[Role]], ...] = (
    (QCheckBox, frozenset({Role.CheckBox})),
    (QRadioButton, frozenset({Role.RadioButton})),
    (QAbstractButton, frozenset({Role.Button, Role.ButtonMenu, Role.ButtonDropDown, Role.CheckBox, Role.RadioButton})),
    (QLineEdit, frozenset({Role.EditableText})),
    (QPlainTextEdit, frozenset({Role.EditableText})),
    (QTextEdit, frozenset({Role.EditableText})),
    (QComboBox, frozenset({Role.ComboBox})),
    (QAbstractSpinBox, frozenset({Role.SpinBox})),
    (QScrollBar, frozenset({Role.ScrollBar})),
    (QAbstractSlider, frozenset({Role.Slider, Role.Dial})),
    (QTabBar, frozenset({Role.PageTabList})),
    (QTableView, frozenset({Role.Table})),
    (QListView, frozenset({Role.List})),
    (Painted, frozenset({Role.Graphic, Role.Chart, Role.StaticText})),
)
"""The first type that fits decides."""
_SAY_NOTHING = frozenset({Role.NoRole, Role.Client, Role.Window})


def below(root: QWidget) -> Iterator[QWidget]:
    """The widget and everything visible in it, in its window."""
    for one in (root, *root.findChildren(QWidget)):
        if one.isVisible() and one.window() is root.window():
            yield one


def focusable(root: QWidget, *, by: Qt.FocusPolicy = Qt.FocusPolicy.TabFocus) -> list[QWidget]:
    """What the keyboard can be given; by default with the Tab key."""
    return [
        one
        for one in below(root)
        if one.isEnabled() and one.focusPolicy() & by and one.focusProxy() is None and not _part_of_another(one)
    ]


def _part_of_another(one: QWidget) -> bool:
    """The inner editor of a spin box or combo box, the clear button of a line."""
    parent = one.parentWidget()
    return isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit)


def name_of(widget: QWidget) -> str:
    spoken = QAccessible.queryAccessibleInterface(widget)
    return spoken.text(QAccessible.Text.Name) if spoken is not None else ""


def described(widget: QWidget) -> str:
    """A widget in a finding."""
    return f"{type(widget).__name__}#{widget.objectName() or '?'} {name_of(widget)[:40]!r}"


def nameless(root: QWidget) -> list[str]:
    """Controls without a name, or that say they are something else."""
    found = []
    for one in {*focusable(root), *focusable(root, by=Qt.FocusPolicy.ClickFocus)}:
        spoken = QAccessible.queryAccessibleInterface(one)
        role = spoken.role()
        if not name_of(one).strip():
            found.append(f"{described(one)} in {described(one.parentWidget())} has no name")
        fitting = next((roles for kind, roles in _ROLES if isinstance(one, kind)), None)
        if role in _SAY_NOTHING or (fitting is not None and role not in fitting):
            found.append(f"{described(one)} has the role {role.name}")
        if not one.objectName():
            found.append(f"{described(one)} in {described(one.parentWidget())} has no object name")
    return found


def wordless_pictures(root: QWidget) -> list[str]:
    """Painted charts that say neither what they are nor what they show."""
    return [
        f"{described(one)} says nothing: {one.accessibleName()!r}, {one.accessibleDescription()!r}"
        for one in below(root)
        if isinstance(one, Painted) and not (one.accessibleName() and one.accessibleDescription())
    ]


def twins(root: QWidget, repeated: Iterable[str]) -> list[str]:
    """Controls of one object name; those that begin like a repeated row may."""
    names = Counter(one.objectName() for one in focusable(root))
    starts = tuple(repeated)
    return [f"{count} controls are called {name!r}" for name, count in names.items() if count > 1 and not name.startswith(starts)]  # fmt: skip


def mute_cells(root: QWidget) -> list[str]:
    """Tables whose first row says nothing."""
    found = []
    for view in (one for one in below(root) if isinstance(one, QAbstractItemView)):
        model = view.model()
        if model is None or not model.rowCount():
            continue
        spoken = QAccessible.queryAccessibleInterface(view)
        cells = [spoken.child(i) for i in range(min(spoken.childCount(), 3 * model.columnCount()))]
        texts = [cell.text(QAccessible.Text.Name) for cell in cells if cell is not None]
        if not any(one.strip() for one in texts):
            found.append(f"{described(view)} has rows, and their cells say nothing")
    return found
