"""Qt may be called as often as one likes."""

import subprocess
import sys

_MANY_CALLS = """
import capdesk.views
from PySide6.QtCore import QObject
one = QObject()
for _ in range(400_000):
    one.setObjectName("x")
print("alive")
"""


def test_that_the_program_survives_any_number_of_calls_that_return_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _MANY_CALLS], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "alive\n"), ran.stderr
