"""digests and responses."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Plain ALTER TABLE: a batch would rebuild these tables on SQLite, and others point to them.
    no, none = sa.false(), "0"
    op.add_column("landlord", sa.Column("shows_responses", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("recipient", sa.Column("timezone", sa.String(), nullable=True))
    op.add_column("recipient", sa.Column("pdf", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("recipient", sa.Column("unreachable", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("doubts", sa.Integer(), nullable=False, server_default=none))
    op.create_table(
        "response",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("landlord_id", ID, nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("release_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("became", sa.String(), nullable=True),
        sa.Column("became_words", sa.String(), nullable=True),
        sa.Column("became_at", MOMENT, nullable=True),
        sa.Column("not_so", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["landlord_id"], ["landlord.id"], name=op.f("fk_response_landlord_id_landlord")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_response_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index("ix_response_landlord_id_id", ["landlord_id", "id"], unique=False)
    op.create_table(
        "hearing",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("line_id", ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_hearing_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_hearing_line_id_line")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name=op.f("fk_hearing_response_id_response"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
        sa.UniqueConstraint("response_id", "contact_id", name=op.f("uq_hearing_response_id_contact_id")),
    )
    with op.batch_alter_table("hearing", schema=None) as batch_op:
        batch_op.create_index("ix_hearing_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_hearing_state_due_at", ["state", "due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("hearing")
    op.drop_table("response")
    op.drop_column("delivery", "doubts")
    for name in ("unreachable", "pdf", "timezone"):
        op.drop_column("recipient", name)
    op.drop_column("landlord", "shows_responses")
