"""Verdicts: those passed, one of them, and passing one."""
