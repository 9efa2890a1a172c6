"""What is known of an account: the facts that decide its status, and the limits set to them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dashboard.diagnosis import Channel, Reason
from dashboard.status.words import AccountType, Step


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is known of one channel of an account.

    ``consented_at`` is ``None`` without consent. ``expires_at`` is the end of an SP-API consent
    (``None``: ``Limits.consent`` after it was given; "Renew authorizations"); AAA's never ends
    (Ads API, "Access tokens"). ``refused_at``: Amazon refused the grant, confirmed twice.
    ``problem`` is what the last check found wrong, confirmed; how an attempt ended counts only
    while there is no consent. ``warning`` is shown and changes nothing. ``incident``: the failure
    in ``problem`` or in the sync began inside an open Amazon incident; alone it says nothing.
    """

    channel: Channel
    required: bool
    consented_at: datetime | None = None
    expires_at: datetime | None = None
    refused_at: datetime | None = None
    step: Step = Step.NOT_INVITED
    problem: Reason | None = None
    problem_since: datetime | None = None
    warning: Reason | None = None
    incident: bool = False


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What is known of the syncing of an account's required streams.

    ``connected_at`` starts the first-sync clock: when the last required channel was connected, by a
    consent that may be older (``None``: when the newest of them was given). ``first_synced_at``:
    all had succeeded once. ``oldest_success_at`` is the oldest of their last successes, ``None`` if
    one never succeeded: the first of such was added at ``waiting_since``, ``others_success_at`` is
    that of the others.
    ``progressed_at`` is the last heartbeat of work that is running or queued (``working``).
    ``failing`` is why work failed for good: a reason of ours is Our fix, any other is Stuck until
    a check confirms it as the channel's ``problem``. ``risky_from``: from when on a first sync that
    has not ended is forecast to be too likely to miss what is promised.
    """

    connected_at: datetime | None = None
    first_synced_at: datetime | None = None
    oldest_success_at: datetime | None = None
    others_success_at: datetime | None = None
    waiting_since: datetime | None = None
    working: bool = False
    progressed_at: datetime | None = None
    failing: Reason | None = None
    throttled: bool = False
    risky_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides an account's status. ``observed_at``: our newest report of the account."""

    type: AccountType
    aaa: ChannelFacts
    selling_partner: ChannelFacts
    sync: SyncFacts = field(default_factory=SyncFacts)
    paused_at: datetime | None = None
    disconnected_at: datetime | None = None
    observed_at: datetime | None = None

    @property
    def channels(self) -> tuple[ChannelFacts, ChannelFacts]:
        """Both channels, in the order customers connect them."""
        return self.aaa, self.selling_partner


@dataclass(frozen=True, slots=True)
class Limits:
    """The promises and windows; ``consent`` is Amazon's ("Renew authorizations": 365 days)."""

    promise: timedelta = timedelta(hours=48)
    freshness: timedelta = timedelta(hours=24)
    heartbeat: timedelta = timedelta(hours=2)
    expiring: timedelta = timedelta(days=30)
    telemetry: timedelta = timedelta(hours=72)
    consent: timedelta = timedelta(days=365)


DEFAULTS: Final = Limits()


TOLERANCE: Final = timedelta(minutes=5)
"""How far in the future a fact may lie before it is not believed: machines' clocks differ."""
