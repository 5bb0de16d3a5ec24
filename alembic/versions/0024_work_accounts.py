"""work accounts: who somebody is at their employer's sign-in, and what to ask it with."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.LargeBinary(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_staff_subject"), ["subject"])

    with op.batch_alter_table("staff_role", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_group", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("staff_role", schema=None) as batch_op:
        batch_op.drop_column("by_group")

    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_staff_subject"), type_="unique")
        batch_op.drop_column("subject")

    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_column("vouched_at")
        batch_op.drop_column("asked_at")
        batch_op.drop_column("held")
