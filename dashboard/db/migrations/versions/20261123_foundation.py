"""The first tables; events that the database itself refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "7f4dce463608"
down_revision = None
branch_labels = None
depends_on = None

REFUSALS = {
    "sqlite": [
        f"CREATE TRIGGER events_no_{change.lower()} BEFORE {change} ON events "
        "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        for change in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_events()",
        "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "daily_ages",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("strategist_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("median", sa.Integer(), nullable=False),
        sa.Column("p90", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "strategist_id", name=op.f("pk_daily_ages")),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_identity"), ["identity"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "tallies",
        sa.Column("strategist_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("marketplace_id", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("aaa_status", sa.String(), nullable=False),
        sa.Column("sp_api_status", sa.String(), nullable=False),
        sa.Column("age_band", sa.String(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "strategist_id",
            "marketplace_id",
            "region",
            "type",
            "headline",
            "actor",
            "reason",
            "aaa_status",
            "sp_api_status",
            "age_band",
            name=op.f("pk_tallies"),
        ),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strategist_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["strategist_id"], ["staff.id"], name=op.f("fk_organizations_strategist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("external_id", name=op.f("uq_organizations_external_id")),
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organizations_strategist_id"), ["strategist_id"], unique=False
        )

    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("setup_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "sort_name",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "name_folded",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("strategist_id", sa.Integer(), nullable=True),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("headline_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_channel", sa.String(), nullable=False),
        sa.Column("aaa_status", sa.String(), nullable=False),
        sa.Column("sp_api_status", sa.String(), nullable=False),
        sa.Column("age_band", sa.String(), nullable=False),
        sa.Column("oldest_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changes_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_accounts_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["strategist_id"], ["staff.id"], name=op.f("fk_accounts_strategist_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_accounts_external_id")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounts_by_aaa_status", ["aaa_status", "sort_name", "id"], unique=False
        )
        batch_op.create_index("ix_accounts_by_actor", ["actor", "sort_name", "id"], unique=False)
        batch_op.create_index(
            "ix_accounts_by_age_band", ["age_band", "sort_name", "id"], unique=False
        )
        batch_op.create_index(
            "ix_accounts_by_headline", ["headline", "sort_name", "id"], unique=False
        )
        batch_op.create_index("ix_accounts_by_reason", ["reason", "sort_name", "id"], unique=False)
        batch_op.create_index("ix_accounts_by_region", ["region", "sort_name", "id"], unique=False)
        batch_op.create_index(
            "ix_accounts_by_sp_api_status", ["sp_api_status", "sort_name", "id"], unique=False
        )
        batch_op.create_index(
            "ix_accounts_by_strategist_id", ["strategist_id", "sort_name", "id"], unique=False
        )
        batch_op.create_index("ix_accounts_by_type", ["type", "sort_name", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_accounts_changes_at"), ["changes_at"], unique=False)
        batch_op.create_index("ix_accounts_in_order", ["sort_name", "id"], unique=False)
        batch_op.create_index(
            "ix_accounts_in_order_of_headline_since", ["headline_since", "id"], unique=False
        )
        batch_op.create_index(
            "ix_accounts_in_order_of_name_folded", ["name_folded", "id"], unique=False
        )
        batch_op.create_index(
            "ix_accounts_in_order_of_oldest_sync_at", ["oldest_sync_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_accounts_by_severity_headline_since",
            ["severity", "headline_since", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_accounts_by_strategist_id_severity_headline_since",
            ["strategist_id", "severity", "headline_since", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_accounts_merchant_id"), ["merchant_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_accounts_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_contacts_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint(
            "organization_id", "email", name=op.f("uq_contacts_organization_id_email")
        ),
    )
    op.create_table(
        "account_channels",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warning", sa.String(), nullable=True),
        sa.Column("incident", sa.Boolean(), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_channels_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("fk_account_channels_grant_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "channel", name=op.f("pk_account_channels")),
    )
    with op.batch_alter_table("account_channels", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_channels_grant_id"), ["grant_id"], unique=False
        )

    op.create_table(
        "account_marketplaces",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.String(), nullable=False),
        sa.Column("profile_id", sa.String(), nullable=True),
        sa.Column(
            "sort_name",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_marketplaces_account_id")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "marketplace_id", name=op.f("pk_account_marketplaces")
        ),
    )
    with op.batch_alter_table("account_marketplaces", schema=None) as batch_op:
        batch_op.create_index(
            "ix_account_marketplaces_in_order",
            ["marketplace_id", "sort_name", "account_id"],
            unique=False,
        )

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("staff_name", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_events_account_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_events_organization_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_events_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_account_id_at"), ["account_id", "at"], unique=False
        )
        batch_op.create_index("ix_events_in_order", ["at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_kind_at"), ["kind", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_events_organization_id_at"), ["organization_id", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_events_staff_name_at"), ["staff_name", "at"], unique=False
        )

    op.create_table(
        "search_words",
        sa.Column(
            "word", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "sort_name",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_search_words_account_id")
        ),
        sa.PrimaryKeyConstraint("word", "sort_name", "account_id", name=op.f("pk_search_words")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("search_words", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_search_words_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "status_spells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_status_spells_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_spells")),
    )
    with op.batch_alter_table("status_spells", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_status_spells_account_id_started_at"),
            ["account_id", "started_at"],
            unique=False,
        )

    op.create_table(
        "streams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("marketplace_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("projected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("throttled", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_streams_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
        sa.UniqueConstraint(
            "account_id",
            "marketplace_id",
            "channel",
            name=op.f("uq_streams_account_id_marketplace_id_channel"),
        ),
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_sync_runs_stream_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sync_runs_stream_id_started_at"),
            ["stream_id", "started_at"],
            unique=False,
        )

    for statement in REFUSALS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER events_append_only ON events")
        op.execute("DROP TRIGGER events_no_truncate ON events")
        op.execute("DROP FUNCTION refuse_change_of_events()")
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_runs_stream_id_started_at"))

    op.drop_table("sync_runs")
    op.drop_table("streams")
    with op.batch_alter_table("status_spells", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_spells_account_id_started_at"))

    op.drop_table("status_spells")
    with op.batch_alter_table("search_words", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_search_words_account_id"))

    op.drop_table("search_words")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_staff_name_at"))
        batch_op.drop_index(batch_op.f("ix_events_organization_id_at"))
        batch_op.drop_index(batch_op.f("ix_events_kind_at"))
        batch_op.drop_index("ix_events_in_order")
        batch_op.drop_index(batch_op.f("ix_events_account_id_at"))

    op.drop_table("events")
    with op.batch_alter_table("account_marketplaces", schema=None) as batch_op:
        batch_op.drop_index("ix_account_marketplaces_in_order")

    op.drop_table("account_marketplaces")
    with op.batch_alter_table("account_channels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_channels_grant_id"))

    op.drop_table("account_channels")
    op.drop_table("contacts")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_organization_id"))
        batch_op.drop_index(batch_op.f("ix_accounts_merchant_id"))
        batch_op.drop_index("ix_accounts_by_strategist_id_severity_headline_since")
        batch_op.drop_index("ix_accounts_by_severity_headline_since")
        batch_op.drop_index("ix_accounts_in_order_of_oldest_sync_at")
        batch_op.drop_index("ix_accounts_in_order_of_name_folded")
        batch_op.drop_index("ix_accounts_in_order_of_headline_since")
        batch_op.drop_index("ix_accounts_in_order")
        batch_op.drop_index(batch_op.f("ix_accounts_changes_at"))
        batch_op.drop_index("ix_accounts_by_type")
        batch_op.drop_index("ix_accounts_by_strategist_id")
        batch_op.drop_index("ix_accounts_by_sp_api_status")
        batch_op.drop_index("ix_accounts_by_region")
        batch_op.drop_index("ix_accounts_by_reason")
        batch_op.drop_index("ix_accounts_by_headline")
        batch_op.drop_index("ix_accounts_by_age_band")
        batch_op.drop_index("ix_accounts_by_actor")
        batch_op.drop_index("ix_accounts_by_aaa_status")

    op.drop_table("accounts")
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organizations_strategist_id"))

    op.drop_table("organizations")
    op.drop_table("tallies")
    op.drop_table("staff")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_identity"))

    op.drop_table("grants")
    op.drop_table("daily_ages")
