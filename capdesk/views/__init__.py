"""The window. It shows what services return and imports no SQLAlchemy."""
