"""The window. It shows what services return and imports no SQLAlchemy."""

import ctypes
import sys


def _keep_constants_alive() -> None:
    """Makes `None`, `True` and `False` immortal, as Python 3.12 does itself.

    PySide6 6.12 is built as if they were: each call of a Qt method that returns nothing, and each of ours that Qt calls
    and that answers yes or no, takes a reference too many, and Python 3.11 aborts once the last is gone.
    """
    for constant in (None, True, False):
        ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 60


if sys.version_info < (3, 12):
    _keep_constants_alive()
