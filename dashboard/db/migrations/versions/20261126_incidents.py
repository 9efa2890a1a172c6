"""One open incident of a kind in a place; probes of it; workers that have left."""

import sqlalchemy as sa
from alembic import op

revision = "7d20c4ab91e3"
down_revision = "8d41f6a2c7e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_incidents_opened_at", ["opened_at"], unique=False)
        batch_op.create_index(
            "ix_incidents_open",
            ["channel", "region", "outcome"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index("ix_incidents_open")
        batch_op.drop_index("ix_incidents_opened_at")
        batch_op.drop_column("probed_at")

    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_column("left_at")
