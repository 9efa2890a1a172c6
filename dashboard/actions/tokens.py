"""The access token of a consent, sealed, and who of many fetches the next one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import vault
from dashboard.amazon.lwa import Tokens
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Grant
from dashboard.diagnosis import Channel
from dashboard.errors import NotFound, SealBroken

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
        row = session.execute(
            sa.select(
                Grant.channel, Grant.version, Grant.refresh_token, Grant.access_token,
                Grant.access_ends_at, Grant.refreshing_until,
            ).where(Grant.id == grant_id)
        ).one_or_none()  # fmt: skip
    if row is None or row.refresh_token is None:
        raise NotFound("There is no authorization of this customer that could be used.")
    return Kept(
        grant_id, Channel(row.channel), row.version, row.refresh_token, row.access_token,
        row.access_ends_at, row.refreshing_until,
    )  # fmt: skip


def claim(seen: Kept, now: datetime) -> bool:
    """Be the one who fetches the next access token, unless somebody is or has done so already."""
    free = sa.or_(Grant.refreshing_until.is_(None), Grant.refreshing_until <= now)
    unchanged = Grant.access_token.is_not_distinct_from(seen.sealed_access)
    with transaction() as session:
        claimed = session.scalar(
            sa.update(Grant)
            .where(Grant.id == seen.grant_id, Grant.version == seen.version, free, unchanged)
            .values(refreshing_until=now + PATIENCE)
            .returning(Grant.id)
        )
    return claimed is not None


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
    access, values = vault.seal(came.access_token), {}
    version = seen.version
    if came.refresh_token != refreshed_with:
        sealed = vault.seal(came.refresh_token)
        version += 1
        values = {"refresh_token": sealed.text, "key_id": sealed.key_id, "version": version}
    with transaction() as session:
        stored = session.scalar(
            sa.update(Grant)
            .where(Grant.id == seen.grant_id, Grant.version == seen.version)
            .values(
                access_token=access.text, access_ends_at=came.expires_at, refreshing_until=None,
                **values,
            )
            .returning(Grant.id)
        )  # fmt: skip
    return None if stored is None else version
