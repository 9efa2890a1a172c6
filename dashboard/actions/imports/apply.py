"""The import itself: judge the whole file first, then write it in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.assess import changing, lock
from dashboard.actions.events import record
from dashboard.actions.imports import added, changed, organizations
from dashboard.actions.imports.decide import Decision
from dashboard.actions.imports.file import Source, Table, opened
from dashboard.actions.imports.parts import Home
from dashboard.actions.imports.plan import BATCH, Batch, Plan
from dashboard.actions.imports.report import Report
from dashboard.actions.imports.standing import Settler
from dashboard.actions.index import index
from dashboard.actions.tallies import Deltas, tallied
from dashboard.db.bulk import insert_many
from dashboard.db.dialects import among
from dashboard.db.engine import exclusive, reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, Organization
from dashboard.errors import RowsRefused
from dashboard.roles import Permission, Staff
from dashboard.settings import settings
from dashboard.status import Headline

OnProgress = Callable[[float], object]
"""Told again and again how much is done, from 0 to 1."""

JUDGING: Final = 0.15
"""Share of an import's time that goes into judging the file before anything is written."""
INDEXED: Final = frozenset(
    {"organization", "strategist_email", "contact_email", "account_name", "merchant_id"}
    | {"marketplaces"}
)
"""Columns whose change moves an account in lists or changes the words it is found by."""


def preview(staff: Staff, source: Source, on_progress: OnProgress = lambda _: None) -> Report:
    """Say what importing a file would do; nothing is written.

    Args:
        staff: on whose behalf.
        source: a path, or a binary file that can be rewound.
        on_progress: called with the share done.

    Raises:
        NotAllowed: the role may not import.
        BadFile: the file as a whole cannot be read; one sentence says why.
    """
    staff.require(Permission.IMPORT)
    with opened(source) as table:
        return _judge(table, on_progress)[0]


def run(
    staff: Staff,
    source: Source,
    skip_refused: bool = False,  # noqa: FBT001, FBT002 - the one choice there is
    on_progress: OnProgress = lambda _: None,
) -> Report:
    """Import a file: all of it or nothing, unless refused rows are to be skipped.

    Importing the same file again changes nothing but when the accounts were last heard of.

    Args:
        staff: on whose behalf.
        source: a path, or a binary file that can be rewound.
        skip_refused: import the other rows even if some are refused.
        on_progress: called with the share done.

    Raises:
        NotAllowed: the role may not import.
        BadFile: the file as a whole cannot be read; nothing was written.
        RowsRefused: rows are refused and skipping was not chosen; nothing was written.
    """
    staff.require(Permission.IMPORT)
    with opened(source) as table:
        report, named = _judge(table, lambda share: on_progress(share * JUDGING))
        _refuse(report, skip_refused)
        now = clock.now()
        plan = _plan(table, now)
        with transaction() as session:
            exclusive(session, "import")
            _lock(session, named)
            with tallied(session) as deltas:
                for batch in plan.batches(session):
                    # The database may have changed since the file was judged.
                    _refuse(plan.report, skip_refused)
                    _Writer(session, deltas, staff, plan, now).write(batch)
                    on_progress(JUDGING + table.share * (0.99 - JUDGING))
            _refuse(plan.report, skip_refused)
            record(session, staff, "file_imported", now, file=table.name, **plan.report.counts)
    on_progress(1.0)
    return plan.report


def _plan(table: Table, now: datetime) -> Plan:
    report = Report(file=table.name, ignored=tuple(table.ignored))
    first_admin = settings().first_admin.strip().lower()
    return Plan(table, Settler(now, settings().limits), report, first_admin)


def _lock(session: Session, organization_keys: Sequence[str]) -> None:
    """Lock all that the file may change at once: its rows come in any order."""
    theirs = sa.select(Organization.id).where(
        among(session, Organization.external_id, organization_keys)
    )
    lock(session, Account.organization_id.in_(theirs))


def _judge(table: Table, on_progress: OnProgress) -> tuple[Report, list[str]]:
    """What an import would do, and the organizations that the file names."""
    plan = _plan(table, clock.now())
    with reading() as session:
        for _ in plan.batches(session):
            on_progress(table.share)
    return plan.report, list(plan.seen.names)


def _refuse(report: Report, skip_refused: bool) -> None:  # noqa: FBT001
    if not report.refused or skip_refused:
        return
    first = report.refusals[0]
    column, reason = first.problems[0]
    raise RowsRefused(
        f"{report.refused:,} of {report.rows:,} rows cannot be imported, the first in line "
        f"{first.line}{f', {column}' if column else ''}: {reason} Correct them, or choose to skip "
        "refused rows. Nothing was written."
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the batches of one import."""

    session: Session
    deltas: Deltas
    staff: Staff
    plan: Plan
    now: datetime

    def write(self, batch: Batch) -> None:
        """Write what a batch decides; accounts it only confirms are marked as heard of."""
        homes, renamed = organizations.write(self.session, batch, self.now)
        new = [each for each in batch.decisions if each.stored is None]
        known = {each.stored.id: each for each in batch.decisions if each.stored is not None}
        touched = {id_: each for id_, each in known.items() if each.columns or self._is_due(each)}
        decisions = list(touched.values())
        with changing(self.session, self.deltas, list(touched), self.now):
            self._confirm([id_ for id_, each in known.items() if each.observed_at is not None])
            changed.update(self.session, decisions, homes, self.now)
            moved = [id_ for id_, each in touched.items() if INDEXED & set(each.columns or ())]
            index(self.session, moved)
        changed.date(self.session, decisions)
        made = added.insert(self.session, self.deltas, new, homes, self.plan.settler)
        self._index_others(list(renamed), {*touched, *made})
        self._record(touched | dict(zip(made, new, strict=True)), homes, renamed)

    def _is_due(self, decision: Decision) -> bool:
        """Whether an account must be looked at even if its row changes nothing: this is news of it.

        It may be Unknown for want of news, or have become so since somebody last looked.
        """
        if decision.stored is None:
            return False
        turns = decision.stored.changes_at
        return decision.stored.headline == Headline.UNKNOWN or (
            turns is not None and turns <= self.now
        )

    def _confirm(self, ids: Sequence[int]) -> None:
        if ids:
            confirmed = sa.update(Account).where(among(self.session, Account.id, ids))
            self.session.connection().execute(confirmed.values(observed_at=self.now))

    def _index_others(self, organization_ids: Sequence[int], done: set[int]) -> None:
        """Index the other accounts of organizations that changed."""
        if not organization_ids:
            return
        theirs = sa.select(Account.id).where(Account.organization_id.in_(organization_ids))
        others = [
            id_ for id_ in self.session.scalars(theirs.order_by(Account.id)) if id_ not in done
        ]
        for start in range(0, len(others), BATCH):
            some = others[start : start + BATCH]
            with changing(self.session, self.deltas, some, self.now):
                index(self.session, some)

    def _record(
        self,
        written: Mapping[int, Decision],
        homes: Mapping[str, Home],
        renamed: Mapping[int, Sequence[str]],
    ) -> None:
        """One line of history per account and organization, as ``events.record`` writes them."""
        lines: list[dict[str, Any]] = [
            {
                "organization_id": homes[each.record.organization_id].id,
                "account_id": account_id,
                "details": {"result": "changed", "columns": list(each.columns)}
                if each.columns
                else {"result": "created"},
            }
            for account_id, each in written.items()
            if each.columns is None or each.columns
        ] + [
            {
                "organization_id": organization_id,
                "account_id": None,
                "details": {"result": "changed", "columns": list(columns)},
            }
            for organization_id, columns in renamed.items()
        ]
        for line in lines:
            line["details"]["file"] = self.plan.table.name
            line |= {"at": self.now, "kind": "imported"}
            line |= {"staff_id": self.staff.id, "staff_name": self.staff.name}
        insert_many(self.session, Event, lines)
