"""A database of any size: the demo company, copied many times over by the database itself.

``python -m dashboard.bench.fleet N`` fills the settings' database, which must be empty, with at
least N accounts.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, demo, renewals, tallies
from dashboard.actions.alerting import watching
from dashboard.bench import past
from dashboard.db.bulk import insert_many, update_many
from dashboard.db.counts import DailyAge, SearchWord, Tally
from dashboard.db.dialects import number_on
from dashboard.db.engine import analyze, engine, indexes_apart, reading, transaction, unchecked
from dashboard.db.history import Event, StatusSpell, SyncRun
from dashboard.db.migrate import migrate
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Grant,
    Organization,
    Stream,
)
from dashboard.db.triage import Case
from dashboard.marketplaces import marketplaces

STREAMS: Final = 4
"""Of an account, on average: a million accounts are then the design's four million streams."""
AT_ONCE: Final = 50
"""Copies of the company made in one statement."""
LONG: Final = 9
"""Characters from which a search word is taken for an id or an address, which no two share."""
COPIED: Final = (
    Organization, Contact, Account, Grant, AccountChannel, AccountMarketplace, Stream, SyncRun,
    StatusSpell, Event, SearchWord, Case,
)  # fmt: skip
OWNERS: Final = {
    "organization_id": Organization, "account_id": Account, "grant_id": Grant, "stream_id": Stream,
}  # fmt: skip
"""Columns that point at a copied row, and its table."""
SAID: Final = {
    Organization: ("external_id", "name"),
    Contact: ("email",),
    Account: ("external_id", "name", "name_folded", "merchant_id"),
    Grant: ("identity",),
    AccountMarketplace: ("profile_id",),
}
"""Texts that differ from copy to copy."""


def build(accounts: int, on_progress: Callable[[float], None] = lambda _done: None) -> int:
    """Fill the settings' empty database with the demo company and copies of it.

    Of the past, copies have the newest sync run of each stream, all spells, the first event of each
    account, and a way aboard at some time of the year; every day is counted. Of cases they
    have those that are open: 50,000 of them from 330,000 accounts on.

    Args:
        accounts: how many accounts there are to be at least.
        on_progress: called with the fraction done.

    Returns:
        How many accounts there are.
    """
    migrate()
    demo.load()
    _broaden()
    past.before_copying()
    _plan_work()
    with reading() as session:
        steps = {
            model: session.scalar(sa.select(sa.func.max(model.id))) or 0
            for model in COPIED
            if hasattr(model, "id")
        }
        company = session.scalar(sa.select(sa.func.count()).select_from(Account)) or 1
    copies = max(0, -(-accounts // company) - 1)
    with indexes_apart(COPIED):
        for first in range(1, copies + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, copies)
            with unchecked() as connection:
                for model in COPIED:
                    if model is not SearchWord:
                        connection.execute(_copy(model, steps, first, last))
            on_progress(0.5 * last / copies)
        # Its rows lie in the order of its key: put in one by one, they would be all over the file.
        with unchecked() as connection:
            connection.execute(_copy(SearchWord, steps, 1, copies))
        on_progress(0.7)
    with transaction() as session:
        for model in steps:
            number_on(session, model)
        for counted in (Tally, DailyAge):
            session.execute(sa.update(counted).values(accounts=counted.accounts * (copies + 1)))
        # Copies have not turned: a worker that measures is not to read them all.
        watching.skip(session)
    on_progress(0.8)
    past.after_copying(copies)
    on_progress(0.95)
    renewals.count()
    analyze()
    on_progress(1)
    return company * (copies + 1)


def _broaden() -> None:
    """Have accounts join one more marketplace of their region, until there are enough streams.

    It is synced as the account's first one is, so that nobody's status is another.
    """
    with transaction() as session, tallies.tallied(session) as deltas:
        owners = session.scalars(sa.select(Account).order_by(Account.id)).all()
        lacking = STREAMS * len(owners) - (session.scalar(sa.select(sa.func.count(Stream.id))) or 0)
        with assess.changing(session, deltas, [each.id for each in owners], clock.now()):
            for owner in owners:
                if lacking <= 0:
                    break
                lacking -= _join(session, owner)


def _join(session: Session, owner: Account) -> int:
    """Have an account join one more marketplace: how many streams that makes."""
    mine = sa.select(AccountMarketplace.marketplace_id).where(
        AccountMarketplace.account_id == owner.id
    )
    joined = set(session.scalars(mine))
    known = [each.id for each in marketplaces().values() if each.region == owner.region]
    free = [each for each in known if each not in joined]
    synced = sa.select(*Stream.__table__.c).where(
        Stream.account_id == owner.id, Stream.marketplace_id == min(joined)
    )
    rows = session.execute(synced).mappings().all()
    if not free or not rows:
        return 0
    place = {"account_id": owner.id, "marketplace_id": free[0], "sort_name": owner.sort_name}
    insert_many(session, AccountMarketplace, [place])
    added = [{name: row[name] for name in row if name != "id"} for row in rows]
    insert_many(session, Stream, [row | {"marketplace_id": free[0]} for row in added])
    return len(rows)


def _plan_work() -> None:
    """Have all streams synced and all consents checked in a far future, one after the other."""
    start = clock.now() + timedelta(days=1000)
    with transaction() as session:
        for model, name in ((Stream, "due_at"), (Grant, "check_due_at")):
            ids = session.scalars(sa.select(model.id).order_by(model.id)).all()
            rows = [{"id": each, name: start + timedelta(seconds=each % 21600)} for each in ids]
            update_many(session, model, rows)


def _copy(model: type[Any], steps: dict[Any, int], first: int, last: int) -> sa.Insert:
    """Copy the demo company's rows of a table, once for each number from ``first`` to ``last``."""
    numbers = _numbers(first, last)
    number, table = numbers.c.number, model.__table__
    values = {}
    for column in table.columns:
        value: Any = column
        if column.name == "id":
            value = column + number * steps[model]
        elif (owner := OWNERS.get(column.name)) is not None:
            value = column + number * steps[owner]
        elif column.name in SAID.get(model, ()):
            value = column + "-" + sa.cast(number, sa.String)
        elif column.name == "sort_name":
            value = _sort_name(column, number, steps)
        elif column.name == "word":
            long = sa.func.length(column) >= LONG
            value = sa.case((long, column + "-" + sa.cast(number, sa.String)), else_=column)
        values[column.name] = value
    source = table.join(numbers, sa.true())
    if model in {AccountMarketplace, SearchWord}:
        source = source.join(Account, Account.id == model.account_id)
    chosen = sa.select(*values.values()).select_from(source).where(*_kept(model, steps))
    if model is SearchWord:
        chosen = chosen.order_by(*(values[key.name] for key in table.primary_key))
    return sa.insert(table).from_select(list(values), chosen)


def _kept(model: type[Any], steps: dict[Any, int]) -> list[sa.ColumnElement[bool]]:
    """Which of the table's rows are the demo company's, and worth copying."""
    if model is SyncRun:
        newest = sa.select(sa.func.max(SyncRun.id)).where(SyncRun.id <= steps[SyncRun])
        return [SyncRun.id.in_(newest.group_by(SyncRun.stream_id))]
    if model is StatusSpell:
        return [StatusSpell.id <= steps[StatusSpell]]
    if model is Case:
        return [Case.id <= steps[Case], Case.place != ""]
    if model is Event:
        return [Event.id <= steps[Event], Event.kind == "account_created"]
    if hasattr(model, "id"):
        return [model.id <= steps[model]]
    return [model.account_id <= steps[Account]]


def _sort_name(column: Any, number: Any, steps: dict[Any, int]) -> Any:
    """The copied organization's name in order, which ends with its id."""
    before = "\x1f" + sa.cast(Account.organization_id, sa.String)
    copied = Account.organization_id + number * steps[Organization]
    after = sa.literal("-") + sa.cast(number, sa.String) + "\x1f" + sa.cast(copied, sa.String)
    return sa.func.replace(column, before, after)


def _numbers(first: int, last: int) -> Any:
    """The numbers from ``first`` to ``last`` as a table."""
    numbers = sa.select(sa.literal(first, sa.Integer).label("number")).cte(recursive=True)
    following = sa.select(numbers.c.number + 1).where(numbers.c.number < last)
    return numbers.union_all(following)


if __name__ == "__main__":
    began = time.monotonic()
    made = build(int(sys.argv[1]), lambda share: print(f"{share:.3f}", flush=True))  # noqa: T201
    took = time.monotonic() - began
    print(f"{engine().dialect.name}: {made:,} accounts in {took:.0f} s")  # noqa: T201
