"""Work that people wait for; what came of work, minute by minute; what is done every minute."""

import sqlalchemy as sa
from alembic import op

revision = "b7a94e21c6d0"
down_revision = "4c81d7e0b5a2"
branch_labels = None
depends_on = None

ASKED = sa.text("asked_at IS NOT NULL")


def upgrade() -> None:
    for table in ("grants", "streams"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
            batch_op.create_index(
                batch_op.f(f"ix_{table}_asked_at"), ["asked_at"], unique=False,
                sqlite_where=ASKED, postgresql_where=ASKED,
            )  # fmt: skip

    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("queued", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("waited", sa.Integer(), server_default="0", nullable=False))

    op.create_table(
        "work_done",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "kind", "outcome", name=op.f("pk_work_done")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rounds",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rounds")),
    )


def downgrade() -> None:
    op.drop_table("rounds")
    op.drop_table("work_done")
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_column("waited")
        batch_op.drop_column("queued")

    for table in ("streams", "grants"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_asked_at"))
            batch_op.drop_column("asked_at")
