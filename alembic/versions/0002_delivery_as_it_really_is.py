"""delivery as it really is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clearing",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.LargeBinary(), nullable=False),
        sa.Column("entirely", sa.Boolean(), nullable=False),
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearing")),
    )
    with op.batch_alter_table("clearing", schema=None) as batch_op:
        batch_op.create_index("ix_clearing_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "day_count",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "day", name=op.f("pk_day_count")),
    )
    op.create_table(
        "watermark",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name=op.f("pk_watermark")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("inbound_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_answer_inbound_id_inbound"), "inbound", ["inbound_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("unreachable", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("source", sa.LargeBinary(), nullable=True))
        batch_op.create_index(batch_op.f("ix_contact_person"), ["person"], unique=False)

    # Until now a person was known by one address alone, whose hash serves as well.
    op.execute("UPDATE contact SET person = lookup")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.alter_column("person", existing_type=sa.LargeBinary(), nullable=False)

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("message_key", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("state", sa.String(), nullable=False, server_default="done"))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cleared", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(batch_op.f("ix_inbound_message_key"), ["message_key"], unique=False)
        batch_op.create_index("ix_inbound_state_due_at", ["state", "due_at"], unique=False)

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_column("leased_until")
        batch_op.drop_column("expires_at")

    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_state_due_at")
        batch_op.drop_index(batch_op.f("ix_inbound_message_key"))
        batch_op.drop_column("cleared")
        batch_op.drop_column("due_at")
        batch_op.drop_column("attempts")
        batch_op.drop_column("state")
        batch_op.drop_column("message_key")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("leased_until")

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_person"))
        batch_op.drop_column("source")
        batch_op.drop_column("unreachable")
        batch_op.drop_column("last_heard_at")
        batch_op.drop_column("person")

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_answer_inbound_id_inbound"), type_="foreignkey")
        batch_op.drop_column("inbound_id")

    op.drop_table("watermark")
    op.drop_table("day_count")
    with op.batch_alter_table("clearing", schema=None) as batch_op:
        batch_op.drop_index("ix_clearing_state_due_at")

    op.drop_table("clearing")
