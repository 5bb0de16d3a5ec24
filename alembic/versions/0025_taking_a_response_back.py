"""until when a response can be taken back: nobody hears of it before."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("final_at", sa.DateTime(timezone=True), nullable=True))
    # Those that are there already were told from the moment on in which they were written.
    op.execute("UPDATE response SET final_at = made_at")
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.alter_column("final_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_column("final_at")
