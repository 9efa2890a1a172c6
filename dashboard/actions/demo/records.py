"""Writes what happened to accounts: streams and their runs, spells and events."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.demo.company import Crew, Person
from dashboard.actions.demo.life import Happening
from dashboard.actions.demo.telling import Household, Told
from dashboard.db.bulk import insert_many
from dashboard.db.history import SyncRun
from dashboard.db.models import Model, Stream
from dashboard.marketplaces import by_country

_SOME: Final = 20_000
"""Runs handed to the database at once."""


def inserted(session: Session, model: type[Model], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows, and give back their ids in the same order."""
    key = sa.inspect(model).primary_key[0]
    made = sa.insert(model).returning(key, sort_by_parameter_order=True)
    return list(session.connection().execute(made, rows).scalars()) if rows else []


def insert(session: Session, model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose ids nobody needs."""
    if rows:
        session.connection().execute(sa.insert(model), rows)


def born(household: Household) -> datetime:
    """The customer was entered a little before its first account."""
    first = min(each.life.steps[0][0] for each in household.accounts)
    return first - timedelta(minutes=17 + len(household.plan.name))


def streams(session: Session, told: Sequence[Told], ids: Sequence[int]) -> list[int]:
    """Write the streams of these accounts; gives back their ids, in the order of the tracks."""
    rows = []
    for id_, each in zip(ids, told, strict=True):
        for track in each.tracks:
            lane = track.lane
            rows.append(
                {
                    "account_id": id_,
                    "marketplace_id": by_country()[lane.country].id,
                    "channel": lane.channel.value,
                    "added_at": lane.added_at,
                    "state": lane.state,
                    "last_success_at": track.last_success_at,
                    "progressed_at": lane.progressed_at,
                    "risky_from": lane.risky_from,
                    "throttled": lane.throttled,
                    "failure": lane.failure.value if lane.failure else None,
                }
            )
    return inserted(session, Stream, rows)


def runs(session: Session, told: Sequence[Told], stream_ids: Sequence[int]) -> int:
    """Write the runs, some thousand at a time: they are most of all rows."""
    waiting: list[dict[str, Any]] = []
    number = 0
    known = (track for each in told for track in each.tracks)
    for stream_id, track in zip(stream_ids, known, strict=True):
        waiting += [
            {
                "stream_id": stream_id,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "outcome": run.outcome,
                "reason": run.reason.value if run.reason else None,
                "rows": run.rows,
            }
            for run in track.runs
        ]
        number += len(track.runs)
        if len(waiting) >= _SOME:
            insert_many(session, SyncRun, waiting)
            waiting = []
    insert_many(session, SyncRun, waiting)
    return number


def spells(told: Sequence[Told], ids: Sequence[int]) -> list[dict[str, Any]]:
    """All spells but the present ones."""
    return [
        {"account_id": id_} | spell._asdict()
        for id_, each in zip(ids, told, strict=True)
        for spell in each.past.spells[:-1]
    ]


def events(
    block: Sequence[Household], crew: Crew, homes: Sequence[int], ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Everything that happened to these organizations and their accounts, oldest first."""
    remaining = iter(ids)
    found: list[dict[str, Any]] = []
    for number, (home, household) in enumerate(zip(homes, block, strict=True)):
        manager = crew.managers[number % len(crew.managers)]
        found += [_event(each, home, None) for each in _of_organization(household, manager)]
        for told in household.accounts:
            account_id = next(remaining)
            found += [_event(each, home, account_id) for each in told.life.happenings]
    return sorted(found, key=lambda each: each["at"])


def _of_organization(household: Household, manager: Person) -> Iterable[Happening]:
    at, plan = born(household), household.plan
    yield Happening(at, manager, "organization_created", {"name": plan.name})
    if plan.strategist is not None:
        details = {"strategist": plan.strategist.name}
        yield Happening(at + timedelta(minutes=6), manager, "assigned", details)


def _event(happening: Happening, organization_id: int, account_id: int | None) -> dict[str, Any]:
    return {
        "at": happening.at,
        "kind": happening.kind,
        "staff_id": happening.who.id,
        "staff_name": happening.who.name,
        "organization_id": organization_id,
        "account_id": account_id,
        "details": happening.details,
    }
