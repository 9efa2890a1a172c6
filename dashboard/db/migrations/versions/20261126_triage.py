"""Cases of triage with their notes and rounds, saved views; which case a mail is about."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '4a63c8586c35'
down_revision = "3db73f2e3903"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('saved_views',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('owner_name', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('query', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_views')),
    sa.UniqueConstraint('owner', 'name', name=op.f('uq_saved_views_owner_name'))
    )
    with op.batch_alter_table('saved_views', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_views_shared_name'), ['shared', 'name'], unique=False)

    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('headline', sa.String(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('region', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('clean', sa.Integer(), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('rank', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('incident_id', sa.Integer(), nullable=True),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('owner_name', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('until_change', sa.Boolean(), nullable=False),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('messaged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('change', sa.String(), nullable=False),
    sa.Column('changed_by', sa.String(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undo', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_cases_account_id')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_cases_incident_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_cases_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('account_id', 'reason', name=op.f('uq_cases_account_id_reason'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_by_actor', ['place', 'actor', 'rank', 'id'], unique=False)
        batch_op.create_index('ix_cases_by_incident', ['place', 'incident_id', 'rank', 'id'], unique=False)
        batch_op.create_index('ix_cases_by_owner', ['place', 'owner', 'rank', 'id'], unique=False)
        batch_op.create_index('ix_cases_by_reason', ['place', 'reason', 'rank', 'id'], unique=False)
        batch_op.create_index('ix_cases_by_role', ['place', 'role', 'rank', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_due_at'), ['due_at'], unique=False)
        batch_op.create_index('ix_cases_in_order', ['place', 'rank', 'id'], unique=False)

    op.create_table('case_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=True),
    sa.Column('staff_name', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_notes_case_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_case_notes_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_notes'))
    )
    with op.batch_alter_table('case_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_notes_case_id_at'), ['case_id', 'at'], unique=False)

    op.create_table('case_rounds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('owner_name', sa.String(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_case_rounds_account_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_rounds_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_rounds'))
    )
    with op.batch_alter_table('case_rounds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_rounds_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_rounds_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_rounds_owner_closed_at'), ['owner', 'closed_at'], unique=False)

    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('case_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_outbox_case_id'), ['case_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_outbox_case_id'), 'cases', ['case_id'], ['id'])


    _expect()


def _expect() -> None:
    """Have the workers look at every account that somebody must act on: each may be a case."""
    moment = sa.DateTime(timezone=True)
    accounts = sa.table(
        "accounts",
        *(sa.column(name, sa.String()) for name in ("headline", "actor", "reason", "region")),
        *(sa.column(name, sa.Integer()) for name in ("id", "organization_id")),
        sa.column("reason_channel", sa.String()),
    )
    columns = {
        "account_id": accounts.c.id, "organization_id": accounts.c.organization_id,
        "reason": accounts.c.reason, "headline": accounts.c.headline, "actor": accounts.c.actor,
        "channel": accounts.c.reason_channel, "region": accounts.c.region,
        "state": sa.literal("expected"), "times": sa.literal(0), "clean": sa.literal(0),
        "place": sa.literal(""), "rank": sa.literal(0), "size": sa.literal(1),
        "due_at": sa.literal(datetime.now(UTC), moment), "owner": sa.literal(""),
        "owner_name": sa.literal(""), "role": sa.literal(""), "until_change": sa.false(),
        "version": sa.literal(1), "change": sa.literal(""), "changed_by": sa.literal(""),
    }  # fmt: skip
    acting = sa.select(*columns.values()).where(
        accounts.c.actor.in_(("Us", "Customer")), accounts.c.reason != ""
    )
    cases = sa.table("cases", *(sa.column(name) for name in columns))
    op.execute(sa.insert(cases).from_select(list(columns), acting))


def downgrade() -> None:
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_outbox_case_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_outbox_case_id'))
        batch_op.drop_column('case_id')

    with op.batch_alter_table('case_rounds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_rounds_owner_closed_at'))
        batch_op.drop_index(batch_op.f('ix_case_rounds_closed_at'))
        batch_op.drop_index(batch_op.f('ix_case_rounds_case_id'))

    op.drop_table('case_rounds')
    with op.batch_alter_table('case_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_notes_case_id_at'))

    op.drop_table('case_notes')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_in_order')
        batch_op.drop_index(batch_op.f('ix_cases_due_at'))
        batch_op.drop_index('ix_cases_by_role')
        batch_op.drop_index('ix_cases_by_reason')
        batch_op.drop_index('ix_cases_by_owner')
        batch_op.drop_index('ix_cases_by_incident')
        batch_op.drop_index('ix_cases_by_actor')

    op.drop_table('cases')
    with op.batch_alter_table('saved_views', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_saved_views_shared_name'))

    op.drop_table('saved_views')
