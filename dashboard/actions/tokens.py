"""The access token of a consent, sealed, and who of many fetches the next one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import vault
from dashboard.amazon.lwa import Tokens
from dashboard.db.bulk import update_many
from dashboard.db.dialects import lapsed
from dashboard.db.engine import reading, transaction, writing
from dashboard.db.models import Grant
from dashboard.diagnosis import Channel
from dashboard.errors import NotFound, SealBroken
from dashboard.status import TOLERANCE

PATIENCE: Final = timedelta(seconds=45)
"""How long one may fetch a token before another tries: longer than any call to Amazon takes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a consent's tokens, at the moment it was read.

    ``sealed`` and ``sealed_access`` are as in the vault's ``seal``; the latter is good until
    ``ends_at``. ``refreshing_until`` is set while somebody fetches the next one.
    """

    grant_id: int
    channel: Channel
    version: int
    sealed: str = field(repr=False)
    sealed_access: str | None = field(repr=False)
    ends_at: datetime | None
    refreshing_until: datetime | None

    def is_being_fetched(self, now: datetime) -> bool:
        """Whether somebody fetches the next token; as ``lapsed`` has it, but of what was read."""
        until = self.refreshing_until
        return until is not None and now < until <= now + PATIENCE + TOLERANCE

    @property
    def access_token(self) -> SecretStr | None:
        """The stored access token; ``None`` also if the key it was sealed with is gone."""
        if self.sealed_access is None:
            return None
        try:
            return vault.open_sealed(self.sealed_access)
        except SealBroken:
            return None


def kept(grant_id: int) -> Kept:
    """Read what is stored of a consent's tokens.

    Raises:
        NotFound: there is no such consent, or we were only told of it and have no token.
    """
    with reading() as session:
        row = session.execute(_stored([grant_id])).one_or_none()
    if row is None:
        raise NotFound("There is no authorization of this customer that could be used.")
    return _kept(row)


def claim(seen: Kept, now: datetime) -> bool:
    """Be the one who fetches the next access token, unless somebody is or has done so already."""
    free = lapsed(Grant.refreshing_until, now, PATIENCE)
    unchanged = Grant.access_token.is_not_distinct_from(seen.sealed_access)
    with transaction() as session:
        claimed = session.scalar(
            sa.update(Grant)
            .where(Grant.id == seen.grant_id, Grant.version == seen.version, free, unchanged)
            .values(refreshing_until=now + PATIENCE)
            .returning(Grant.id)
        )
    return claimed is not None


def claim_all(wanted: Mapping[int, datetime], now: datetime) -> tuple[list[Kept], set[int]]:
    """Be the one who fetches the next access token of several consents, where one is wanted.

    Args:
        wanted: for each consent, until when its token is to be good.
        now: aware UTC.

    Returns:
        What is stored of those that have a refresh token; and of which the caller is now to fetch
        an access token, and then to ``keep_all`` or to ``release`` them.
    """
    with writing() as connection:
        chosen = _stored(wanted).order_by(Grant.id).with_for_update(key_share=True)
        found = [_kept(row) for row in connection.execute(chosen)]
        mine = {
            each.grant_id
            for each in found
            if (each.ends_at is None or each.ends_at < wanted[each.grant_id])
            and not each.is_being_fetched(now)
        }
        connection.execute(
            sa.update(Grant).where(Grant.id.in_(mine)).values(refreshing_until=now + PATIENCE)
        )
    return found, mine


def release(seen: Kept) -> None:
    """Let others try: no token came."""
    with transaction() as session:
        session.execute(
            sa.update(Grant)
            .where(Grant.id == seen.grant_id, Grant.version == seen.version)
            .values(refreshing_until=None)
        )


def keep(seen: Kept, refreshed_with: SecretStr, came: Tokens) -> int | None:
    """Store what came, and the refresh token too should Amazon have sent another.

    Args:
        seen: as it was when the token was claimed.
        refreshed_with: the refresh token that was shown to Amazon.
        came: what Amazon sent.

    Returns:
        The consent's version now, or ``None`` if it was replaced meanwhile: nothing is stored.
    """
    return keep_all([(seen, refreshed_with, came)]).get(seen.grant_id)


def keep_all(fetched: Sequence[tuple[Kept, SecretStr, Tokens]]) -> dict[int, int]:
    """Store what came for several consents: for each, what ``keep`` takes.

    Returns:
        The versions now, by consent, of those that were not replaced meanwhile.
    """
    sealed = [(seen, _sealed(seen, shown, came)) for seen, shown, came in fetched]
    versions: dict[int, int] = {}
    usual: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    with writing() as connection:
        ids = [seen.grant_id for seen, _ in sealed]
        held = sa.select(Grant.id, Grant.version).where(Grant.id.in_(ids)).order_by(Grant.id)
        stored = dict(connection.execute(held.with_for_update(key_share=True)).all())
        for seen, values in sealed:
            if stored.get(seen.grant_id) != seen.version:
                continue
            versions[seen.grant_id] = values.get("version", seen.version)
            rows = others if "refresh_token" in values else usual
            rows.append({"id": seen.grant_id} | values)
        update_many(connection, Grant, usual)
        update_many(connection, Grant, others)
    return versions


def _sealed(seen: Kept, refreshed_with: SecretStr, came: Tokens) -> dict[str, Any]:
    """What is to be stored of tokens that came."""
    values: dict[str, Any] = {
        "access_token": vault.seal(came.access_token).text,
        "access_ends_at": came.expires_at,
        "refreshing_until": None,
    }
    if came.refresh_token != refreshed_with:
        sealed = vault.seal(came.refresh_token)
        values |= {
            "refresh_token": sealed.text, "key_id": sealed.key_id, "version": seen.version + 1,
        }  # fmt: skip
    return values


def _stored(grant_ids: Iterable[int]) -> sa.Select[*tuple[Any, ...]]:
    """What is stored of these consents' tokens; of those that have one."""
    return sa.select(
        Grant.id, Grant.channel, Grant.version, Grant.refresh_token, Grant.access_token,
        Grant.access_ends_at, Grant.refreshing_until,
    ).where(Grant.id.in_(list(grant_ids)), Grant.refresh_token.is_not(None))  # fmt: skip


def _kept(row: Any) -> Kept:
    return Kept(
        row.id, Channel(row.channel), row.version, row.refresh_token, row.access_token,
        row.access_ends_at, row.refreshing_until,
    )  # fmt: skip
