"""Alembic runs the steps on the connection that mailcase hands it; there is no alembic.ini."""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite cannot alter most things in place: batch mode copies the table.
context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
