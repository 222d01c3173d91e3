"""Run by alembic; the connection is handed in by ``store.migrating``, which holds the transaction too."""

from __future__ import annotations

from alembic import context

from ccrs.serving.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
