"""what stood in the open: where a conversation is gets sealed, and who approved is in the audit alone."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0011"
down_revision = "0004"
branch_labels = None
depends_on = None

CONVERSATION = sa.table(
    "conversation",
    sa.column("id", sa.BigInteger),
    sa.column("state", sa.JSON),
    sa.column("sealed", sa.LargeBinary),
)
BATCH = 500


def upgrade() -> None:
    with op.batch_alter_table("excerpt", schema=None) as batch_op:
        batch_op.drop_column("moderator")

    op.add_column("conversation", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    for row_id, state in _each(CONVERSATION.c.state):
        sealed = _keys().seal("conversation", row_id, "state", json.dumps(state))
        _change(row_id, sealed=sealed)
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("state")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.alter_column(
            "sealed", new_column_name="state", existing_type=sa.LargeBinary(), nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.alter_column(
            "state", new_column_name="sealed", existing_type=sa.LargeBinary(), nullable=True
        )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.JSON(), nullable=False, server_default="{}"))
    for row_id, sealed in _each(CONVERSATION.c.sealed):
        _change(row_id, state=json.loads(_keys().open("conversation", row_id, "state", sealed)))
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("sealed")
        batch_op.alter_column("state", existing_type=sa.JSON(), server_default=None)

    # Who approved stays in the audit, as a keyed hash; the name is not to be had from it.
    with op.batch_alter_table("excerpt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moderator", sa.String(), nullable=False, server_default=""))


def _each(column: sa.ColumnClause[Any]) -> Iterator[Any]:
    """(id, value) of every conversation, a batch at a time."""
    last = -1
    query = sa.select(CONVERSATION.c.id, column).order_by(CONVERSATION.c.id).limit(BATCH)
    while rows := op.get_bind().execute(query.where(CONVERSATION.c.id > last)).all():
        yield from rows
        last = rows[-1][0]


def _change(row_id: int, **values: Any) -> None:
    op.get_bind().execute(sa.update(CONVERSATION).where(CONVERSATION.c.id == row_id).values(**values))


def _keys() -> Any:
    """The settings' keys, for which there is only need where somebody has told something already."""
    given = context.config.attributes.get("keys")
    if given is None:
        raise RuntimeError("This revision seals what is stored: run `listened migrate`, which has DATA_KEYS.")
    return given()
