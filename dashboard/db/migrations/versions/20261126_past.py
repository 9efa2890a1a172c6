"""How customers came aboard, and what is kept of past days."""

import sqlalchemy as sa
from alembic import op

revision = "3db73f2e3903"
down_revision = "7d20c4ab91e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_tallies",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("strategist_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("marketplace_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kind",
            "strategist_id",
            "marketplace_id",
            "day",
            "region",
            "type",
            name=op.f("pk_daily_tallies"),
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("daily_tallies", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_daily_tallies_kind_day"), ["kind", "day"], unique=False
        )

    op.create_table(
        "onboardings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("confirms", sa.Boolean(), nullable=False),
        sa.Column("chooses", sa.Boolean(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("aaa_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sp_api_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("syncing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waits_for", sa.String(), nullable=False),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_onboardings_account_id")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_onboardings_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboardings")),
        sa.UniqueConstraint("account_id", name=op.f("uq_onboardings_account_id")),
    )
    with op.batch_alter_table("onboardings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_onboardings_day_id"), ["day", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_onboardings_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_onboardings_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_onboardings_link_id"), ["link_id"], unique=False)
        batch_op.create_index("ix_onboardings_waiting", ["waits_for", "day", "id"], unique=False)

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_created_at"), ["created_at"], unique=False)

    with op.batch_alter_table("status_spells", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_spells_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_status_spells_started_at"), ["started_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("status_spells", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_spells_started_at"))
        batch_op.drop_index(batch_op.f("ix_status_spells_ended_at"))

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_created_at"))

    with op.batch_alter_table("onboardings", schema=None) as batch_op:
        batch_op.drop_index("ix_onboardings_waiting")
        batch_op.drop_index(batch_op.f("ix_onboardings_link_id"))
        batch_op.drop_index(batch_op.f("ix_onboardings_email"))
        batch_op.drop_index(batch_op.f("ix_onboardings_due_at"))
        batch_op.drop_index(batch_op.f("ix_onboardings_day_id"))

    op.drop_table("onboardings")
    with op.batch_alter_table("daily_tallies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_daily_tallies_kind_day"))

    op.drop_table("daily_tallies")
