"""How alembic reaches our database. The URL comes from the environment or from the caller, never from a file."""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from models import Base, Store
from models.base import UtcDateTime

context_config = context.config


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types into revisions as plain ones: a revision imports no models."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection: Connection) -> None:
    """Run the revisions that were asked for, each in its own transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite can't alter a table in place
        compare_type=True,
        render_item=render_item,
        transaction_per_migration=True,
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
