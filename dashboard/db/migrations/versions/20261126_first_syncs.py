"""Counting the first syncs in flight between two moments without looking at each."""

import sqlalchemy as sa
from alembic import op

revision = "c2a9417e5d08"
down_revision = "7d1f3b62c90e"
branch_labels = None
depends_on = None

INDEX = "ix_accounts_in_first_sync"
PROMISED = sa.column("promised_by").is_not(None)


def upgrade() -> None:
    op.drop_index(INDEX, table_name="accounts")
    _create(INDEX, "headline", "promised_by")
    _create(f"{INDEX}_of", "strategist_id", "headline", "promised_by")


def downgrade() -> None:
    op.drop_index(f"{INDEX}_of", table_name="accounts")
    op.drop_index(INDEX, table_name="accounts")
    _create(INDEX, "promised_by", "strategist_id", "headline", "id")


def _create(name: str, *columns: str) -> None:
    op.create_index(
        name, "accounts", list(columns), sqlite_where=PROMISED, postgresql_where=PROMISED
    )
