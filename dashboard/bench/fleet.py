"""A database of any size: the demo company's accounts, copied under other names, in bulk.

``python -m dashboard.bench.fleet N`` fills the settings' database, which must be empty.
"""

import itertools
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from dashboard.actions import demo, tallies
from dashboard.clock import now as present
from dashboard.db import search
from dashboard.db.engine import analyze, bulk_load, engine, indexes_apart, reading, transaction
from dashboard.db.migrate import migrate
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Event,
    Grant,
    Model,
    Organization,
    SearchWord,
    StatusSpell,
    Stream,
    SyncRun,
    Tally,
)

FIRST: Final = ["Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Haven", "Iris",
                "Juniper", "Lumen", "Maple", "Nimbus", "Onyx", "Pebble", "Quartz", "River", "Sable",
                "Thistle", "Umber", "Velvet", "Willow", "Xenia", "Yarrow", "Zephyr"]  # fmt: skip
SECOND: Final = ["Kitchens", "Outdoors", "Toys", "Cosmetics", "Tools", "Textiles", "Foods", "Pets",
                 "Sports", "Lighting", "Garden", "Books", "Audio", "Optics", "Apparel", "Shoes",
                 "Baby", "Home", "Office", "Health"]  # fmt: skip
BATCH: Final = 2000
"""Accounts made before they are handed to the database: memory stays the same at any size."""
RUNS: Final = 1
"""Sync runs copied per stream: pages show the newest, and history is not what is measured."""

Row = dict[str, Any]


@dataclass
class Sample:
    """One account of the demo company, with the rows that hang from it."""

    account: Row
    channels: list[Row] = field(default_factory=list)
    marketplaces: list[Row] = field(default_factory=list)
    streams: list[Row] = field(default_factory=list)
    spells: list[Row] = field(default_factory=list)


def build(accounts: int, on_progress: Callable[[float], None] = lambda _done: None) -> None:
    """Fill the settings' empty database with the demo company and copies of its accounts.

    Args:
        accounts: how many accounts in all, at least those of the demo company.
        on_progress: called with the fraction done.
    """
    migrate()
    demo.load()
    samples, strategists, grants = _samples()
    models = [each for each in Model.__subclasses__() if each is not Tally]
    with indexes_apart(models):
        firsts = _next_ids(models)
        copies = _copies(samples, strategists, grants, firsts, accounts - len(samples))
        done = len(samples)
        while batch := list(itertools.islice(copies, BATCH)):
            rows: dict[type[Model], list[Row]] = {}
            for model, row in itertools.chain.from_iterable(batch):
                rows.setdefault(model, []).append(row)
            bulk_load(rows)
            done += len(batch)
            on_progress(0.8 * done / accounts)
    with transaction() as session:
        tallies.write(session, tallies.recount(session))
    on_progress(0.95)
    analyze()
    on_progress(1)


def _next_ids(models: list[type[Model]]) -> Mapping[type[Model], "itertools.count[int]"]:
    """For each table with a number as its key, the numbers that are free."""
    with reading() as session:
        return {
            each: itertools.count((session.scalar(sa.select(sa.func.max(each.id))) or 0) + 1)
            for each in models
            if hasattr(each, "id")
        }


def _samples() -> tuple[list[Sample], list[int], dict[int, Row]]:
    """The demo company's accounts, its strategists and its grants."""

    def rows(model: type[Model], *order: Any) -> Iterator[Row]:
        for row in session.execute(sa.select(*model.__table__.c).order_by(*order)).mappings():
            yield dict(row)

    with reading() as session:
        samples = {row["id"]: Sample(row) for row in rows(Account, Account.id)}
        for row in rows(AccountChannel):
            samples[row["account_id"]].channels.append(row)
        for row in rows(AccountMarketplace):
            samples[row["account_id"]].marketplaces.append(row)
        for row in rows(Stream, Stream.id):
            samples[row["account_id"]].streams.append(row)
        for row in rows(StatusSpell, StatusSpell.started_at.desc()):
            if len(kept := samples[row["account_id"]].spells) < 2:
                kept.append(row)
        strategists = session.scalars(
            sa.select(Account.strategist_id).where(Account.strategist_id.is_not(None)).distinct()
        ).all()
        grants = {row["id"]: row for row in rows(Grant)}
    return list(samples.values()), sorted(each for each in strategists if each), grants


def _copies(
    samples: list[Sample],
    strategists: list[int],
    grants: dict[int, Row],
    ids: Mapping[type[Model], "itertools.count[int]"],
    number: int,
) -> Iterator[list[tuple[type[Model], Row]]]:
    """The rows of each further account; every third or so begins a new organization."""
    rng = random.Random(1)  # noqa: S311 - the same fleet every time
    now = present()
    organization: Row = {}
    for place in range(number):
        rows: list[tuple[type[Model], Row]] = []
        if place % 5 in {0, 2}:
            organization = _organization(rng, next(ids[Organization]), strategists, now)
            rows.append((Organization, organization))
            email = f"anna.{organization['id']}@shop{organization['id']}.example"
            rows.append(
                (Contact, {"id": next(ids[Contact]), "organization_id": organization["id"],
                           "email": email, "name": "Anna", "created_at": now})
            )  # fmt: skip
        # A little younger than the account copied, so that moments differ and statuses hold.
        later = timedelta(seconds=rng.randrange(60))
        sample = samples[place % len(samples)]
        yield rows + _copy(sample, organization, grants, ids, later)


def _organization(rng: random.Random, key: int, strategists: list[int], now: datetime) -> Row:
    name = f"{rng.choice(FIRST)} {rng.choice(SECOND)} {key}"
    return {
        "id": key,
        "external_id": f"bench-{key}",
        "name": name,
        "strategist_id": rng.choice(strategists),
        "created_at": now,
    }


def _copy(
    sample: Sample,
    organization: Row,
    grants: dict[int, Row],
    ids: Mapping[type[Model], "itertools.count[int]"],
    later: timedelta,
) -> list[tuple[type[Model], Row]]:
    """All rows of one account like the sample, in the given organization."""

    def moved(row: Row, **changed: Any) -> Row:
        moments = {
            name: min(value + later, present()) if name != "changes_at" else value + later
            for name, value in row.items()
            if isinstance(value, datetime) and not name.endswith("expires_at")
        }
        return row | moments | changed

    key = next(ids[Account])
    sort_name = search.sort_name(organization["name"], organization["id"])
    name = f"{organization['name']} {sample.account['region']}"
    merchant = f"A{key:012X}"
    account = moved(
        sample.account, id=key, external_id=f"bench-{key}", organization_id=organization["id"],
        name=name, merchant_id=merchant, sort_name=sort_name, name_folded=search.fold(name),
        strategist_id=organization["strategist_id"],
    )  # fmt: skip
    rows: list[tuple[type[Model], Row]] = [(Account, account)]
    for row in sample.channels:
        grant_id = None
        if row["grant_id"] is not None:
            grant_id = next(ids[Grant])
            rows.append((Grant, moved(grants[row["grant_id"]], id=grant_id, identity=merchant)))
        rows.append((AccountChannel, moved(row, account_id=key, grant_id=grant_id)))
    profiles = [f"{key:09d}{place:06d}" for place, _ in enumerate(sample.marketplaces)]
    for row, profile in zip(sample.marketplaces, profiles, strict=True):
        changed = {"account_id": key, "profile_id": profile, "sort_name": sort_name}
        rows.append((AccountMarketplace, row | changed))
    for row in sample.streams:
        stream = moved(row, id=next(ids[Stream]), account_id=key)
        rows.append((Stream, stream))
        if stream["last_success_at"]:
            rows += [(SyncRun, _run(stream, next(ids[SyncRun])))] * RUNS
    rows += [(StatusSpell, moved(row, id=next(ids[StatusSpell]), account_id=key))
             for row in sample.spells]  # fmt: skip
    rows.append((Event, _event(account, next(ids[Event]))))
    email = f"anna.{organization['id']}@shop{organization['id']}.example"
    words = search.words(name, account["external_id"], merchant, organization["name"],
                         organization["external_id"], email, *profiles)  # fmt: skip
    rows += [(SearchWord, {"word": word, "account_id": key}) for word in words]
    return rows


def _run(stream: Row, key: int) -> Row:
    ended = stream["last_success_at"]
    return {
        "id": key,
        "stream_id": stream["id"],
        "started_at": ended - timedelta(minutes=4),
        "finished_at": ended,
        "outcome": "succeeded",
        "reason": None,
        "rows": 1200,
    }


def _event(account: Row, key: int) -> Row:
    return {
        "id": key,
        "at": account["created_at"],
        "kind": "account_created",
        "staff_id": None,
        "staff_name": "System",
        "organization_id": account["organization_id"],
        "account_id": account["id"],
        "details": {},
    }


if __name__ == "__main__":
    started = datetime.now(UTC)
    build(int(sys.argv[1]), lambda share: print(f"{share:.3f}", flush=True))  # noqa: T201
    print(engine().dialect.name, datetime.now(UTC) - started)  # noqa: T201
