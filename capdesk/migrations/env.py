"""Runs migrations on the connection that `services/database/schema.py` hands over."""

from alembic import context

from capdesk.models import Base
from capdesk.models.base import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=SCHEMA,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
