"""Measures: each module prints one table."""
