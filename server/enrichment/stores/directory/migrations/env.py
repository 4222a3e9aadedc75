"""What Alembic runs: the migrations, within the transaction of the connection that it is handed."""

from alembic import context

from enrichment.stores.directory.tables import metadata

# Its own: the ledger may have its tables in the same database.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table="directory_version"
)
with context.begin_transaction():
    context.run_migrations()
