"""How Alembic runs the migrations: as the tables' owner, in one transaction each, never waiting long for a lock."""

from alembic import context

from migrations import metadata

LOCK_TIMEOUT = "5s"

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata(), transaction_per_migration=True, compare_server_default=False
)
with context.begin_transaction():
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    context.run_migrations()
