"""A damaged memory costs habits, never the window."""

from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication

from capdesk.views.look.theme import Choice, Theme


@pytest.mark.parametrize(("scale", "used"), [(100_000, 200), (-5, 100), (True, 100), (150, 150)])
def test_that_no_remembered_size_of_text_makes_the_window_unusable(qapp: QApplication, scale: Any, used: int) -> None:
    assert Theme(qapp, "light", scale).scale == used


def test_that_an_unknown_scheme_is_that_of_the_system(qapp: QApplication) -> None:
    assert Theme(qapp, cast(Choice, "purple")).choice == "system"
