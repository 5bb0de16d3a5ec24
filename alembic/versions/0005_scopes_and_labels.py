"""scopes and labels."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("name_key", name=op.f("uq_pool_name_key")),
    )
    op.create_table(
        "labelling",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_labelling_story_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labelling")),
        sa.UniqueConstraint("story_id", "kind", "source", name=op.f("uq_labelling_story_id_kind_source")),
    )
    op.create_table(
        "pending",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["release.id"], name=op.f("fk_pending_batch_id_release")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_pending_story_id_story"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending")),
    )
    with op.batch_alter_table("pending", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pending_scope_id"), ["scope_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pending_story_id"), ["story_id"], unique=False)

    op.create_table(
        "counting",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counting")),
        sa.UniqueConstraint("scope_id", "cell", name=op.f("uq_counting_scope_id_cell")),
    )
    with op.batch_alter_table("landlord", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pool_id", ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_landlord_pool_id_pool"), "pool", ["pool_id"], ["id"])

    _rename_landlord_to_scope()
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scope_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE story SET scope_id = landlord_id")
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.alter_column("scope_id", existing_type=sa.BigInteger(), nullable=False)
        batch_op.drop_index("ix_story_landlord_id_release_id")
        batch_op.create_index("ix_story_scope_id_release_id", ["scope_id", "release_id"], unique=False)
        batch_op.create_index("ix_story_landlord_id_read_at", ["landlord_id", "read_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.drop_index("ix_story_landlord_id_read_at")
        batch_op.drop_index("ix_story_scope_id_release_id")
        batch_op.create_index("ix_story_landlord_id_release_id", ["landlord_id", "release_id"], unique=False)
        batch_op.drop_column("scope_id")

    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_release_scope_id_number"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_release_scope_id_on_date"), type_="unique")
        batch_op.alter_column(
            "scope_id", new_column_name="landlord_id", existing_type=sa.BigInteger(), type_=ID
        )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            batch_op.f("uq_release_landlord_id_number"), ["landlord_id", "number"]
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_release_landlord_id_on_date"), ["landlord_id", "on_date"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_release_landlord_id_landlord"), "landlord", ["landlord_id"], ["id"]
        )
    with op.batch_alter_table("landlord", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_landlord_pool_id_pool"), type_="foreignkey")
        batch_op.drop_column("pool_id")

    op.drop_table("counting")
    op.drop_table("pending")
    op.drop_table("labelling")
    op.drop_table("pool")


def _rename_landlord_to_scope() -> None:
    """A landlord's releases are those of the scope that has the landlord's id."""
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_release_landlord_id_landlord"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_release_landlord_id_number"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_release_landlord_id_on_date"), type_="unique")
        batch_op.alter_column(
            "landlord_id", new_column_name="scope_id", existing_type=ID, type_=sa.BigInteger()
        )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_release_scope_id_number"), ["scope_id", "number"])
        batch_op.create_unique_constraint(batch_op.f("uq_release_scope_id_on_date"), ["scope_id", "on_date"])
