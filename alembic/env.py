"""How alembic reaches our database. The URL comes from the environment or from the caller, never from a file."""

import os
from typing import Any, Literal

from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from models import Base, Store
from models.base import UtcDateTime

context_config = context.config


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types into revisions as plain ones: a revision imports no models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection: Connection) -> None:
    """Run the revisions that were asked for, each in its own transaction."""
    if connection.dialect.name != "sqlite":
        _run(connection)
        return
    # SQLite can't alter a table in place, so that alembic copies it and drops the old one. To drop a table is to
    # delete its rows first, and everything that hangs on them (https://www.sqlite.org/lang_droptable.html); so
    # foreign keys are off meanwhile, which can be said outside transactions only, and are checked after each step.
    raw = connection.connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        _run(connection)
    finally:
        connection.rollback()  # whatever was only looked at: within a transaction the next line would do nothing
        raw.execute("PRAGMA foreign_keys = ON")


def check_foreign_keys(ctx: MigrationContext, step: Any, heads: Any, run_args: Any) -> None:
    """Refuse a revision after which a row would point nowhere."""
    del step, heads, run_args  # alembic gives them by these names
    if ctx.dialect.name == "sqlite" and ctx.connection is not None:
        lost = {row[0] for row in ctx.connection.exec_driver_sql("PRAGMA foreign_key_check")}
        if lost:
            raise RuntimeError(f"After this revision rows of {', '.join(sorted(lost))} would point nowhere.")


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite can't alter a table in place
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
        on_version_apply=check_foreign_keys,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context_config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    store = Store(os.environ.get("DATABASE_URL", "sqlite:///var/listened.db"))
    with store.engine.connect() as opened:
        migrate(opened)
    store.close()
