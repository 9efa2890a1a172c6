"""A row + what is stored -> what is to be stored, and which columns of the row change it; pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from dashboard.actions.imports.rows import NAMES, Record
from dashboard.actions.imports.standing import Settler, Standing, is_older
from dashboard.actions.imports.stored import StoredAccount, StoredChannel, StoredOrganization
from dashboard.diagnosis import Channel
from dashboard.status import ChannelStatus

WORKING: Final = (ChannelStatus.CONNECTED, ChannelStatus.EXPIRING)


class Decision(NamedTuple):
    """What one row comes to.

    ``columns`` are those that change the stored account or its organization, none if all is so
    already, ``None`` if the account is new.
    """

    record: Record
    stored: StoredAccount | None
    standings: Mapping[Channel, Standing]
    merchant_id: str
    paused_at: datetime | None
    setup_completed_at: datetime | None
    observed_at: datetime | None
    columns: tuple[str, ...] | None
    outdated: bool

    @property
    def connected(self) -> bool:
        """Whether any required channel has a consent, dead or alive."""
        return any(each.required and each.consented_at for each in self.standings.values())

    @property
    def streams(self) -> list[tuple[str, Channel]]:
        """Marketplace and channel of everything that is synced for the account."""
        return [
            (marketplace, channel)
            for marketplace in self.record.marketplaces
            for channel, standing in self.standings.items()
            if standing.required or standing.consented_at
        ]


def added_at(decision: Decision, marketplace: str, channel: Channel, now: datetime) -> datetime:
    """When a stream of a row was added: with its channel, or now, with a marketplace that joins."""
    if decision.stored is not None and marketplace not in decision.stored.marketplaces:
        return now
    standing = decision.standings[channel]
    return standing.connected_at or standing.consented_at or now


def decide(
    record: Record,
    stored: StoredAccount | None,
    organization: StoredOrganization | None,
    settler: Settler,
) -> Decision:
    """Compare a row with its account and organization as they were before the import."""
    standings = {
        channel: settler.settle(
            channel,
            said,
            stored.channels[channel].standing if stored else None,
            record.setup_completed_at,
        )
        for channel, said in record.channels
    }
    unknown = any(said.status is ChannelStatus.UNKNOWN for _, said in record.channels)
    decision = Decision(
        record=record,
        stored=stored,
        standings=standings,
        merchant_id=record.merchant_id or (stored.merchant_id if stored else ""),
        paused_at=_paused_at(record, stored, settler.now),
        setup_completed_at=record.setup_completed_at
        or (stored.setup_completed_at if stored else None),
        observed_at=None if unknown else settler.now,
        columns=None,
        outdated=False,
    )
    if not decision.connected:
        # Whoever connects again after that starts with a new first sync.
        decision = decision._replace(setup_completed_at=None)
    if stored is None:
        return decision
    columns = [*organization_columns(record, organization), *_account_columns(decision, stored)]
    return decision._replace(
        columns=tuple(dict.fromkeys(columns)),
        outdated=any(
            _is_outdated(decision, channel, stored.channels[channel]) for channel in Channel
        ),
    )


def organization_columns(record: Record, stored: StoredOrganization | None) -> Iterator[str]:
    """The columns of a row that change its organization; contacts are only ever added."""
    if stored is None:
        return
    if record.organization != stored.name:
        yield "organization"
    if record.strategist_email not in {"", stored.strategist_email}:
        yield "strategist_email"
    if not stored.contacts.issuperset(record.contacts):
        yield "contact_email"


def _account_columns(decision: Decision, stored: StoredAccount) -> Iterator[str]:
    record = decision.record
    pairs = {
        "account_name": (record.account_name, stored.name),
        "type": (record.type, stored.type),
        "region": (record.region, stored.region),
        "marketplaces": (frozenset(record.marketplaces), stored.marketplaces),
        "merchant_id": (decision.merchant_id, stored.merchant_id),
        "setup_completed_at": (decision.setup_completed_at, stored.setup_completed_at),
    }
    yield from (column for column, (said, is_so) in pairs.items() if said != is_so)
    for channel, said in record.channels:
        status, since, sync = NAMES[channel]
        if channel_changes(decision, channel):
            yield since if stored.channels[channel].status == said.status else status
        if any(each is channel for _, each in synced_streams(decision)):
            yield sync
        if (decision.paused_at is None) != (stored.paused_at is None) and (
            decision.paused_at is None or said.status is ChannelStatus.PAUSED
        ):
            yield status
        if (decision.observed_at is None) != (stored.observed_at is None) and (
            decision.observed_at is not None or said.status is ChannelStatus.UNKNOWN
        ):
            yield status
    if decision.paused_at and stored.paused_at and decision.paused_at != stored.paused_at:
        paused = (said.status is ChannelStatus.PAUSED for _, said in record.channels)
        yield from (
            NAMES[channel][1] for channel, is_so in zip(Channel, paused, strict=True) if is_so
        )


def channel_changes(decision: Decision, channel: Channel) -> bool:
    """Whether the row changes how a channel of a stored account stands."""
    if decision.stored is None:
        return True
    was, settled = decision.stored.channels[channel], decision.standings[channel]
    if settled != was.standing._replace(since=settled.since):
        return True
    # Otherwise only the beginning of the status can be news. With a consent it is told by the
    # consent's own moments, and the beginning of Unknown says nothing about the customer.
    has_own = settled.consented_at is not None or was.status == ChannelStatus.UNKNOWN
    return not has_own and settled.since != was.standing.since


def synced_streams(decision: Decision) -> dict[tuple[str, Channel], datetime | None]:
    """The stored streams whose last success the row changes: to a newer one, or back to never.

    A last success never moves to an earlier moment, only away with the last consent.
    """
    if decision.stored is None:
        return {}
    said = {channel: each.synced_at for channel, each in decision.record.channels}
    changed: dict[tuple[str, Channel], datetime | None] = {}
    for stream in decision.streams:
        if stream not in decision.stored.streams:
            continue
        _, known = decision.stored.streams[stream]
        synced = said[stream[1]]
        if not decision.connected:
            if known is not None:
                changed[stream] = None
        elif synced is not None and (known is None or known < synced):
            changed[stream] = synced
    return changed


def _paused_at(record: Record, stored: StoredAccount | None, now: datetime) -> datetime | None:
    """Since when the account is paused; a row that does not say so ends an older pause."""
    before = stored.paused_at if stored else None
    paused = [said.since for _, said in record.channels if said.status is ChannelStatus.PAUSED]
    if paused:
        return max([each for each in paused if each], default=before or now)
    since = [said.since for _, said in record.channels if said.since]
    return before if before and since and max(since) < before else None


def _is_outdated(decision: Decision, channel: Channel, stored: StoredChannel) -> bool:
    said = dict(decision.record.channels)[channel]
    agrees = stored.status in {said.status, ChannelStatus.UNKNOWN} or (
        stored.status in WORKING and said.status in WORKING
    )
    return not agrees and is_older(said, stored.standing)
