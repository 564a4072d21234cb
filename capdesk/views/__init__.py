"""The window. It shows what services return and imports no SQLAlchemy."""

import ctypes
import sys


def _keep_none_alive() -> None:
    """Makes `None` immortal, as Python 3.12 does itself.

    PySide6 6.12 is built as if it were: each call of a Qt method that returns nothing takes a reference too many, and
    Python 3.11 aborts once the last is gone.
    """
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 60


if sys.version_info < (3, 12):
    _keep_none_alive()
