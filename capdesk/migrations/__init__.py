"""Schema history. Rules (functions, triggers, grants) are not in it: `models/rules/` is applied after each upgrade."""

HEAD = "0002"
"""The newest revision, known without importing alembic; a test holds it."""
