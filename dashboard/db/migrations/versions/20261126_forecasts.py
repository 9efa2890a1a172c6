"""How long first syncs take, what is forecast of those in flight, and by when they are promised."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "8d41f6a2c7e3"
down_revision = "b7a94e21c6d0"
branch_labels = None
depends_on = None

IN_FLIGHT = ("Amazon incident", "Our fix", "Stuck", "Late", "At risk", "First sync")


def upgrade() -> None:
    op.create_table(
        "first_sync_lengths",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("quarters", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("syncs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "channel", "region", "began_on", "quarters", name=op.f("pk_first_sync_lengths")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forecasts",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("curve", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "region", name=op.f("pk_forecasts")),
    )
    op.create_table(
        "overdue_notices",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("promised_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_overdue_notices_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "promised_by", name=op.f("pk_overdue_notices")),
    )
    # Both databases do these in place; a table of millions need not be made anew.
    op.add_column("accounts", sa.Column("promised_by", sa.DateTime(timezone=True), nullable=True))
    promised = sa.column("promised_by").is_not(None)
    op.create_index(
        "ix_accounts_in_first_sync", "accounts", ["promised_by", "strategist_id", "headline", "id"],
        sqlite_where=promised, postgresql_where=promised,
    )  # fmt: skip
    _renamed("projected_at", "risky_from")
    # The next sweep finds out by when first syncs in flight are promised.
    accounts = sa.table(
        "accounts", sa.column("headline"), sa.column("changes_at", sa.DateTime(timezone=True))
    )
    now = datetime.now(UTC).replace(microsecond=0)
    op.execute(
        accounts.update().where(accounts.c.headline.in_(IN_FLIGHT)).values(changes_at=now)
    )


def downgrade() -> None:
    _renamed("risky_from", "projected_at")
    op.drop_index("ix_accounts_in_first_sync", table_name="accounts")
    op.drop_column("accounts", "promised_by")
    op.drop_table("overdue_notices")
    op.drop_table("forecasts")
    op.drop_table("first_sync_lengths")


def _renamed(before: str, after: str) -> None:
    """Rename the moment of a forecast, which means another thing: what it held is forgotten."""
    op.execute(f"UPDATE streams SET {before} = NULL WHERE {before} IS NOT NULL")
    op.execute(f"ALTER TABLE streams RENAME COLUMN {before} TO {after}")
