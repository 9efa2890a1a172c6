"""The Overview page: what needs whom, how old the data is, where it is broken, what became worse.

Each question takes the strategist whose accounts count, or ``EVERYONE``. All but the last read
tables whose size does not depend on the number of accounts.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE, DailyAge, Tally
from dashboard.db.dialects import through_index
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, Organization
from dashboard.queries import silence
from dashboard.queries.frames import MOMENT, frame
from dashboard.status import BROKEN, SEVERITY, AgeBand, Headline

COUNTS: Final = {"headline": "str", "actor": "str", "accounts": "int64"}
AGES: Final = {"region": "str", "age_band": "str", "accounts": "int64"}
MATRIX: Final = {"region": "str", "marketplace_id": "str", "accounts": "int64", "broken": "int64"}
TREND: Final = {"day": "datetime64[us]", "accounts": "int64", "median": "int64", "p90": "int64"}
WORSE: Final = {
    "id": "int64",
    "account": "str",
    "organization_id": "int64",
    "organization": "str",
    "before": "str",
    "headline": "str",
    "actor": "str",
    "reason": "str",
    "since": MOMENT,
}
CANDIDATES: Final = 20
"""Newest changes looked at per headline when looking for what became worse."""


def counts(session: Session, strategist_id: int = EVERYONE) -> pd.DataFrame:
    """Count accounts by headline and who must act: rows with the columns of ``COUNTS``."""
    rows = session.execute(
        sa.select(Tally.headline, Tally.actor, sa.func.sum(Tally.accounts).label("accounts"))
        .where(Tally.strategist_id == strategist_id, Tally.marketplace_id == "")
        .group_by(Tally.headline, Tally.actor)
        .having(sa.func.sum(Tally.accounts) > 0)
    )
    counted: Counter[tuple[str, str]] = Counter()
    for row in silence.words(session, [dict(row._mapping) for row in rows]):
        counted[row["headline"], row["actor"]] += row["accounts"]
    return frame(((*key, number) for key, number in counted.items()), COUNTS)


def sync_ages(session: Session, strategist_id: int = EVERYONE) -> pd.DataFrame:
    """Count accounts by region and sync age, youngest first; never synced is left out.

    Returns:
        One row per region and ``status.AgeBand`` that holds an account: the columns of ``AGES``.
    """
    rows = session.execute(
        sa.select(Tally.region, Tally.age_band, sa.func.sum(Tally.accounts))
        .where(
            Tally.strategist_id == strategist_id,
            Tally.marketplace_id == "",
            Tally.age_band != AgeBand.NEVER.value,
        )
        .group_by(Tally.region, Tally.age_band)
        .having(sa.func.sum(Tally.accounts) > 0)
    ).all()
    order = {band.value: place for place, band in enumerate(AgeBand)}
    return frame(sorted(rows, key=lambda row: (order[row[1]], row[0])), AGES)


def matrix(session: Session, strategist_id: int = EVERYONE) -> pd.DataFrame:
    """Count accounts, and the broken ones, by region and marketplace: the columns of ``MATRIX``.

    An account counts in each marketplace it has joined.
    """
    broken = silence.headline(session, Tally).in_([each.value for each in BROKEN])
    number = sa.func.sum(Tally.accounts)
    return frame(
        session.execute(
            sa.select(
                Tally.region,
                Tally.marketplace_id,
                number,
                sa.func.sum(sa.case((broken, Tally.accounts), else_=0)),
            )
            .where(Tally.strategist_id == strategist_id, Tally.marketplace_id != "")
            .group_by(Tally.region, Tally.marketplace_id)
            .having(number > 0)
            .order_by(Tally.region, number.desc(), Tally.marketplace_id)
        ),
        MATRIX,
    )


def trend(
    session: Session, now: datetime, strategist_id: int = EVERYONE, days: int = 90
) -> pd.DataFrame:
    """Median and 90th percentile of sync age, in seconds, for each of the last days.

    Returns:
        At most one row a day, oldest first, with the columns of ``TREND``.
    """
    return frame(
        session.execute(
            sa.select(DailyAge.day, DailyAge.accounts, DailyAge.median, DailyAge.p90)
            .where(
                DailyAge.strategist_id == strategist_id,
                DailyAge.day >= (now - timedelta(days=days)).date(),
            )
            .order_by(DailyAge.day)
        ),
        TREND,
    )


def worse(
    session: Session, now: datetime, strategist_id: int = EVERYONE, limit: int = 10
) -> pd.DataFrame:
    """The accounts whose headline is worse than it was a day ago, most urgent first.

    While no worker reports, what became worse before is shown as what it is now: unknown.
    Of each headline only the newest changes are looked at, so that the cost stays bounded.

    Returns:
        At most ``limit`` rows with the columns of ``WORSE``; ``before`` is the headline then.
    """
    yesterday = now - timedelta(days=1)
    urgent = sorted((each for each in SEVERITY.values() if each > 0), reverse=True)
    found: list[tuple[object, ...]] = []
    for severity in urgent:
        rows = session.execute(_changed(severity, yesterday, strategist_id)).all()
        before = _headlines_at(session, yesterday, [row.id for row in rows])
        worse = [
            dict(row._mapping) | {"before": was}
            for row in rows
            if (was := before.get(row.id)) and SEVERITY[Headline(was)] < severity
        ]
        found += [
            (row["id"], row["name"], row["organization_id"], row["organization"], row["before"],
             row["headline"], row["actor"], row["reason"], row["headline_since"])
            for row in silence.words(session, worse)
        ]  # fmt: skip
        if len(found) >= limit:
            break
    return frame(found[:limit], WORSE)


def _changed(severity: int, since: datetime, strategist_id: int) -> sa.Select[*tuple[Any, ...]]:
    """The newest accounts to have entered this severity."""
    newest = (
        sa.select(Account.id)
        .where(Account.severity == severity, Account.headline_since >= since)
        .order_by(Account.headline_since.desc(), Account.id.desc())
        .limit(CANDIDATES)
    )
    if strategist_id != EVERYONE:
        newest = newest.where(Account.strategist_id == strategist_id)
        index = "ix_accounts_by_strategist_id_severity_headline_since"
    else:
        index = "ix_accounts_by_severity_headline_since"
    return (
        sa.select(
            Account.id, Account.name, Account.organization_id,
            Organization.name.label("organization"), Account.headline, Account.actor,
            Account.reason, Account.headline_since,
        )
        .join(Organization, Organization.id == Account.organization_id)
        .where(Account.id.in_(through_index(newest, Account, index)))
        .order_by(Account.headline_since.desc(), Account.id.desc())
    )  # fmt: skip


def _headlines_at(session: Session, moment: datetime, ids: list[int]) -> dict[int, str]:
    """The headline each account had at a moment; accounts without one then are left out."""
    rows = session.execute(
        sa.select(StatusSpell.account_id, StatusSpell.headline).where(
            StatusSpell.account_id.in_(ids),
            StatusSpell.started_at <= moment,
            sa.or_(StatusSpell.ended_at.is_(None), StatusSpell.ended_at > moment),
        )
    )
    return {row.account_id: row.headline for row in rows}
