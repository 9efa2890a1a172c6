"""The consents that imported channels use: kept, shared, corrected or added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.imports.decide import Decision
from dashboard.actions.imports.standing import Standing
from dashboard.db.bulk import insert_many
from dashboard.db.dialects import next_ids
from dashboard.db.models import AccountChannel, Grant
from dashboard.diagnosis import Channel

OWN: Final = "import:"
"""Beginning of the identity of a consent whose Amazon identity the file does not tell."""

Key = tuple[str, str, datetime | None, datetime | None, datetime | None]


class Wish(NamedTuple):
    """The consent a channel is to use; ``stored_id`` is the grant it uses now, if any.

    ``fits`` says that this grant is already as it should be.
    """

    channel: Channel
    identity: str
    region: str
    standing: Standing
    stored_id: int | None
    fits: bool

    @property
    def shared_key(self) -> Key | None:
        """What accounts of one seller in one region have in common, if the seller is known."""
        if self.channel is not Channel.SP_API or self.identity.startswith(OWN):
            return None
        return (self.identity, self.region, *self.standing.consent)


def wish(decision: Decision, channel: Channel) -> Wish:
    """What a row wants of one of its channels."""
    record, standing = decision.record, decision.standings[channel]
    stored = decision.stored.channels[channel] if decision.stored else None
    known = stored.identity if stored else ""
    identity = known or OWN + record.account_id
    if channel is Channel.SP_API and decision.merchant_id:
        same = decision.stored is not None and decision.stored.merchant_id == decision.merchant_id
        if not known or known.startswith(OWN) or not same:
            identity = decision.merchant_id
    return Wish(
        channel=channel,
        identity=identity,
        region=record.region.value,
        standing=standing,
        stored_id=stored.grant_id if stored else None,
        fits=stored is not None
        and decision.stored is not None
        and stored.standing.consent == standing.consent
        and known == identity
        and (channel is Channel.AAA or decision.stored.region == record.region),
    )


def assign(session: Session, wishes: Sequence[Wish], now: datetime) -> list[int | None]:
    """Find or make the grant of each wish; ``None`` where there is no consent.

    One consent of a seller covers all accounts of that seller in the region, so those whose rows
    say the same of it share a grant. A grant is corrected only where no other channel uses it, and
    never deleted: it is history.
    """
    shared = _shared(session, wishes)
    users = _users(session, [each.stored_id for each in wishes if each.stored_id and not each.fits])
    given: list[int | None] = []
    added: list[dict[str, Any]] = []
    corrected: list[dict[str, Any]] = []
    waiting: dict[Key, int] = {}
    places: dict[int, int] = {}
    for place, each in enumerate(wishes):
        key, grant_id = each.shared_key, None
        if each.standing.consented_at is None:
            pass
        elif each.fits:
            grant_id = each.stored_id
        elif key is not None and key in shared:
            grant_id = shared[key]
        elif key is not None and key in waiting:
            places[place] = waiting[key]
        elif each.stored_id is not None and users[each.stored_id] == 1:
            grant_id = each.stored_id
            corrected.append({"id": grant_id} | _columns(each))
            if key is not None:
                shared[key] = grant_id
        else:
            places[place] = len(added)
            added.append(_columns(each) | {"channel": each.channel.value, "created_at": now})
            if key is not None:
                waiting[key] = places[place]
        if each.stored_id in users and grant_id != each.stored_id:
            users[each.stored_id] -= 1
        given.append(grant_id)
    ids = _write(session, added, corrected)
    return [ids[places[at]] if at in places else known for at, known in enumerate(given)]


def _columns(wanted: Wish) -> dict[str, Any]:
    consented_at, expires_at, refused_at = wanted.standing.consent
    return {
        "identity": wanted.identity,
        # A login of the Ads API reaches every region; consents of SP-API are regional.
        "region": wanted.region if wanted.channel is Channel.SP_API else None,
        "consented_at": consented_at,
        "expires_at": expires_at,
        "refused_at": refused_at,
    }


def _shared(session: Session, wishes: Sequence[Wish]) -> dict[Key, int]:
    """The stored grants of the sellers these wishes name."""
    sellers = {each.identity for each in wishes if each.shared_key and not each.fits}
    if not sellers:
        return {}
    rows = session.execute(
        sa.select(
            Grant.id, Grant.identity, Grant.region,
            Grant.consented_at, Grant.expires_at, Grant.refused_at,
        )
        .where(Grant.identity.in_(sellers), Grant.channel == Channel.SP_API.value)
        .order_by(Grant.id.desc())
    )  # fmt: skip
    return {
        (row.identity, row.region, row.consented_at, row.expires_at, row.refused_at): row.id
        for row in rows
    }


def _users(session: Session, grant_ids: Sequence[int]) -> dict[int | None, int]:
    """How many channels use each of these grants."""
    if not grant_ids:
        return {}
    rows = session.execute(
        sa.select(AccountChannel.grant_id, sa.func.count())
        .where(AccountChannel.grant_id.in_(grant_ids))
        .group_by(AccountChannel.grant_id)
    )
    return {grant_id: count for grant_id, count in rows}  # noqa: C416 - rows are no pairs to mypy


def _write(
    session: Session, added: list[dict[str, Any]], corrected: list[dict[str, Any]]
) -> list[int]:
    if corrected:
        session.execute(sa.update(Grant), corrected)
    ids = next_ids(session, Grant, len(added)) if added else []
    rows = [{"id": id_} | row for id_, row in zip(ids, added, strict=True)]
    insert_many(session, Grant, rows)
    return ids
