"""what goes first: a rank and the channel of each message that is to go out."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("rank", sa.Integer(), nullable=True))
    op.execute("UPDATE outbound SET channel = (SELECT channel FROM contact WHERE contact.id = contact_id)")
    op.execute(
        "UPDATE outbound SET rank = CASE WHEN kind IN ('signpost', 'farewell') THEN 0 "
        "WHEN kind IN ('prompt', 'reminder') THEN 2 ELSE 1 END"
    )
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.alter_column("channel", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("rank", existing_type=sa.Integer(), nullable=False)
        batch_op.create_index(
            "ix_outbound_channel_state_rank_due_at_id",
            ["channel", "state", "rank", "due_at", "id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index("ix_outbound_channel_state_rank_due_at_id")
        batch_op.drop_column("rank")
        batch_op.drop_column("channel")
