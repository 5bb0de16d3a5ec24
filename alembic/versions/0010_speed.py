"""What is too late is found by its time, however much waits."""

from alembic import op

revision = "0010"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbound_state_expires_at", "outbound", ["state", "expires_at"])


def downgrade() -> None:
    op.drop_index("ix_outbound_state_expires_at", "outbound")
