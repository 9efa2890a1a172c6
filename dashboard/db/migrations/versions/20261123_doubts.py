"""What a check found and is not sure of yet; whoever fetches an access token for all."""

import sqlalchemy as sa
from alembic import op

revision = "4c81d7e0b5a2"
down_revision = "f72552b9519a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("refreshing_until", sa.DateTime(timezone=True), nullable=True)
        )

    with op.batch_alter_table("account_channels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("doubt", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("doubts", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("account_channels", schema=None) as batch_op:
        batch_op.drop_column("doubts")
        batch_op.drop_column("doubted_at")
        batch_op.drop_column("doubt")

    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_column("refreshing_until")
