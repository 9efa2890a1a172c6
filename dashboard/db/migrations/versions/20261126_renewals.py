"""How many consents lapse on which day, and finding those that do."""

import sqlalchemy as sa
from alembic import op

revision = "7d1f3b62c90e"
down_revision = "5e0c9b7d41f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "renewal_days",
        sa.Column("strategist_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("consents", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("strategist_id", "day", "region", name=op.f("pk_renewal_days")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_expires_at"))

    op.drop_table("renewal_days")
