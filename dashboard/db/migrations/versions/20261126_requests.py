"""What staff ask workers for, and what came of each account."""

import sqlalchemy as sa
from alembic import op

revision = "5e0c9b7d41f3"
down_revision = "1d5e403af13a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("staff_name", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_requests_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_requests_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_requests_staff_name_asked_at"), ["staff_name", "asked_at"], unique=False
        )

    op.create_table(
        "requested_accounts",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_requested_accounts_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_requested_accounts_request_id")
        ),
        sa.PrimaryKeyConstraint("request_id", "account_id", name=op.f("pk_requested_accounts")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("requested_accounts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_requested_accounts_account_id"), ["account_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("requested_accounts")
    op.drop_table("requests")
