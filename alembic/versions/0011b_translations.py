"""the language of an excerpt, and a machine's translation beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0011b"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("excerpt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default="en"))
        batch_op.add_column(sa.Column("translation", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("translate_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_excerpt_translate_at"), ["translate_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("excerpt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_excerpt_translate_at"))
        batch_op.drop_column("translate_at")
        batch_op.drop_column("translation")
        batch_op.drop_column("language")
