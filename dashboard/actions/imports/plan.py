"""One pass over a file: every row is judged against the others and the database, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from dashboard.actions.imports.decide import Decision, decide, organization_columns
from dashboard.actions.imports.file import Line, Table
from dashboard.actions.imports.report import Problem, Refused, Report
from dashboard.actions.imports.rows import Record, parse
from dashboard.actions.imports.standing import Settler
from dashboard.actions.imports.stored import Stored, StoredAccount, StoredOrganization, load
from dashboard.errors import BadFile

BATCH: Final = 1_000
"""Rows that are read, compared and written together."""


class Batch(NamedTuple):
    """Some accepted rows, with what is stored of what they name."""

    decisions: list[Decision]
    stored: Stored


@dataclass(slots=True)
class Seen:
    """What earlier rows of the file said, to refuse later ones that contradict them."""

    accounts: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    strategists: dict[str, tuple[str, int]] = field(default_factory=dict)

    def problems(self, record: Record) -> list[Problem]:
        """What an earlier row contradicts; the row counts as seen if there is nothing."""
        found = []
        if earlier := self.accounts.get(record.account_id):
            reason = f"Account {record.account_id} is already in line {earlier}."
            found.append(Problem("account_id", reason))
        key = record.organization_id
        name, named_in = self.names.get(key, (record.organization, 0))
        if name != record.organization:
            reason = f"Line {named_in} calls organization {key} {name!r}: it can have one name."
            found.append(Problem("organization", reason))
        who, said_in = self.strategists.get(key, (record.strategist_email, 0))
        if record.strategist_email and who != record.strategist_email:
            reason = f"Line {said_in} gives organization {key} to {who}: it has one strategist."
            found.append(Problem("strategist_email", reason))
        if not found:
            self.accounts[record.account_id] = record.line
            self.names.setdefault(key, (record.organization, record.line))
            if record.strategist_email:
                self.strategists.setdefault(key, (record.strategist_email, record.line))
        return found


@dataclass(slots=True)
class Plan:
    """The pass. ``before`` holds organizations that it creates (``None``) or changes, as they were.

    ``first_admin`` is who enters by the settings at their first sign-in, in lower case.
    """

    table: Table
    settler: Settler
    report: Report
    first_admin: str
    seen: Seen = field(default_factory=Seen)
    before: dict[str, StoredOrganization | None] = field(default_factory=dict)
    strategists: set[str] = field(default_factory=set)

    def batches(self, session: Session) -> Iterator[Batch]:
        """Judge the file's rows, some at a time; what is written in between is taken into account.

        Raises:
            BadFile: the file as a whole cannot be read.
        """
        lines = self.table.lines()
        while some := list(islice(lines, BATCH)):
            rows = [parse(line, self.settler.now) for line in some]
            stored = load(session, [row for row in rows if isinstance(row, Record)])
            judged = [self._judge(*each, stored) for each in zip(some, rows, strict=True)]
            yield Batch([decision for decision in judged if decision is not None], stored)
        if not self.report.rows:
            raise BadFile("The file has a header, but no rows. Nothing was written.")

    def _judge(self, line: Line, row: Record | Refused, stored: Stored) -> Decision | None:
        if isinstance(row, Refused):
            self.report.refuse(row)
            return None
        account = stored.accounts.get(row.account_id)
        problems = _elsewhere(row, account) + self._locked_out(row, stored)
        if problems or (problems := self.seen.problems(row)):
            self.report.refuse(Refused(row.line, tuple(problems), line.cells))
            return None
        known = stored.organizations.get(row.organization_id)
        organization = self.before.get(row.organization_id, known)
        decision = decide(row, account, organization, self.settler)
        self._note(row, known, stored)
        self.report.accept(row.line, row.account_id, decision.columns)
        self.report.outdated += decision.outdated
        return decision

    def _locked_out(self, row: Record, stored: Stored) -> list[Problem]:
        """A strategist is added without access, and nobody could give it to the first admin."""
        email = row.strategist_email
        if not email or email != self.first_admin or email in stored.staff:
            return []
        reason = f"{email} is the first admin, who must sign in once before a file may name them."
        return [Problem("strategist_email", reason)]

    def _note(self, row: Record, known: StoredOrganization | None, stored: Stored) -> None:
        """Count what the row does beside its account, once for all rows that say the same."""
        if row.organization_id not in self.before:
            if known is None:
                self.report.organizations_created += 1
                self.before[row.organization_id] = None
            elif any(organization_columns(row, known)):
                self.report.organizations_changed += 1
                self.before[row.organization_id] = known
        new = row.strategist_email and row.strategist_email not in stored.staff
        if new and row.strategist_email not in self.strategists:
            self.report.strategists_added += 1
            self.strategists.add(row.strategist_email)


def _elsewhere(row: Record, account: StoredAccount | None) -> list[Problem]:
    if account is None or account.organization_key == row.organization_id:
        return []
    reason = (
        f"Account {row.account_id} belongs to organization {account.organization_key}: an import "
        "does not move accounts."
    )
    return [Problem("organization_id", reason)]
