"""What assistive technology is told of widgets, and what is missing of it."""

from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from capdesk.views.charts.strips import Swatch
from capdesk.views.forms.fields import Field
from capdesk.views.page import Page
from capdesk.views.pages.imports.wizard import Wizard

Role = QAccessible.Role
_ROLES: tuple[tuple[type[QWidget], frozenset[Role]], ...] = (
    (QCheckBox, frozenset({Role.CheckBox})),
    (QRadioButton, frozenset({Role.RadioButton})),
    (QAbstractButton, frozenset({Role.Button, Role.ButtonMenu, Role.ButtonDropDown, Role.CheckBox, Role.RadioButton})),
    (QLineEdit, frozenset({Role.EditableText})),
    (QPlainTextEdit, frozenset({Role.EditableText, Role.StaticText})),
    (QTextEdit, frozenset({Role.EditableText, Role.StaticText})),
    (QComboBox, frozenset({Role.ComboBox})),
    (QAbstractSpinBox, frozenset({Role.SpinBox})),
    (QScrollBar, frozenset({Role.ScrollBar})),
    (QAbstractSlider, frozenset({Role.Slider, Role.Dial})),
    (QTabBar, frozenset({Role.PageTabList})),
    (QTableView, frozenset({Role.Table})),
    (QListView, frozenset({Role.List})),
)
"""The first type that fits decides."""
_SAY_NOTHING = frozenset({Role.NoRole, Role.Client, Role.Window})
_PANES = (Page, Wizard, QScrollArea)
"""What may be a pane of content and take the keyboard, so that one can go on from there."""


def below(root: QWidget) -> Iterator[QWidget]:
    """The widget and everything visible in it, in its window."""
    for one in (root, *root.findChildren(QWidget)):
        if one.isVisible() and one.window() is root.window():
            yield one


def focusable(root: QWidget, by: Qt.FocusPolicy = Qt.FocusPolicy.TabFocus) -> list[QWidget]:
    """What the keyboard can be given; by default with the Tab key."""
    return [
        one
        for one in below(root)
        if one.isEnabled() and one.focusPolicy() & by and one.focusProxy() is None and not _part_of_another(one)
    ]


def _part_of_another(one: QWidget) -> bool:
    """The inner editor of a spin box or combo box, the clear button of a line."""
    return isinstance(one.parentWidget(), QAbstractSpinBox | QComboBox | QLineEdit)


def name_of(widget: QWidget) -> str:
    spoken = QAccessible.queryAccessibleInterface(widget)
    return str(spoken.text(QAccessible.Text.Name)) if spoken is not None else ""


def described(widget: QWidget | None) -> str:
    """A widget in a finding."""
    return "nothing" if widget is None else f"{type(widget).__name__}#{widget.objectName()} {name_of(widget)[:40]!r}"


def controls(root: QWidget) -> list[QWidget]:
    """What one can act on: by key or by click, but not words that can merely be selected."""
    found = {*focusable(root), *focusable(root, Qt.FocusPolicy.ClickFocus)}
    return [one for one in found if not isinstance(one, QLabel)]


def nameless(root: QWidget) -> list[str]:
    """Controls without a name, or that say they are something else."""
    found = []
    for one in controls(root):
        spoken = QAccessible.queryAccessibleInterface(one)
        fitting = next((roles for kind, roles in _ROLES if isinstance(one, kind)), None)
        where = f"{described(one)} in {described(one.parentWidget())}"
        if not name_of(one).strip():
            found.append(f"{where} has no name")
        if not one.objectName():
            found.append(f"{where} has no object name")
        if (spoken.role() in _SAY_NOTHING and not isinstance(one, _PANES)) or (
            fitting is not None and spoken.role() not in fitting
        ):
            found.append(f"{where} has the role {spoken.role().name}")
    return found


def wordless_pictures(root: QWidget) -> list[str]:
    """Painted charts that say neither what they are nor what they show."""
    found = []
    for one in below(root):
        if _is_chart(one) and not any(_is_chart(outer) for outer in _above(one, root)):
            role = QAccessible.queryAccessibleInterface(one).role()
            if role is not Role.Graphic or not (one.accessibleName() and one.accessibleDescription()):
                found.append(f"{described(one)}, {role.name}, tells {one.accessibleDescription()!r}")
    return found


def _is_chart(widget: QWidget) -> bool:
    kinds = [kind for kind in type(widget).__mro__ if kind.__module__.startswith("capdesk.views.charts")]
    if isinstance(widget, Swatch):  # its words stand beside it
        return False
    return any("paintEvent" in vars(kind) for kind in kinds) or bool(widget.property("picture"))


def _above(widget: QWidget, root: QWidget) -> Iterator[QWidget]:
    at = widget.parentWidget()
    while at is not None and at is not root:
        yield at
        at = at.parentWidget()


def strangers(root: QWidget) -> list[str]:
    """Fields whose label does not belong to their editor."""
    return [
        f"the label of {described(one.editor)} is not its own"
        for one in below(root)
        if isinstance(one, Field) and one.label.buddy() is not one.editor
    ]


def twins(root: QWidget) -> list[str]:
    """Controls that cannot be told apart. In repeated rows it is the row's name, further up, that tells them apart."""
    paths = Counter(_path(one, root) for one in controls(root))
    return [f"{count} controls are called {path}" for path, count in paths.items() if count > 1]


def _path(widget: QWidget, root: QWidget) -> str:
    names = [one.objectName() for one in (widget, *_above(widget, root))]
    return "/".join(reversed([name for name in names if name and not name.startswith("qt_")]))


def mute_cells(root: QWidget) -> list[str]:
    """Tables and lists whose first row says nothing."""
    found = []
    for view in below(root):
        if not isinstance(view, QTableView | QListView) or view.model() is None or not view.model().rowCount():
            continue
        spoken = QAccessible.queryAccessibleInterface(view)
        cells = [spoken.child(number) for number in range(min(spoken.childCount(), 24))]
        if not any(cell is not None and cell.text(QAccessible.Text.Name).strip() for cell in cells):
            found.append(f"{described(view)} has rows, and their cells say nothing")
    return found


def findings(root: QWidget) -> list[str]:
    """Everything that is missing in the widget."""
    return [*nameless(root), *wordless_pictures(root), *strangers(root), *twins(root), *mute_cells(root)]
