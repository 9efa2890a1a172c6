"""What a row says of a channel + what is stored of it -> what is to be stored; pure.

Importing a row twice settles to the same: what a row leaves open stays as it is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from dashboard.actions.imports.rows import Said
from dashboard.diagnosis import ATTEMPT, OURS, PERMISSION, RECONNECT, Channel, Reason
from dashboard.status import ChannelStatus, Limits, Step

OUTSIDE: Final = OURS | {Reason.AMAZON_OUTAGE}
"""Problems that are no business of a customer's, so an import says nothing about them."""


class Standing(NamedTuple):
    """How a channel stands: its step, its consent if there is one, and what is wrong with it.

    ``since`` is when its status began, ``None`` where only the import's own moment is known;
    ``connected_at`` when the account began to use its consent (``None``: when that was given).
    """

    required: bool
    step: Step = Step.NOT_INVITED
    consented_at: datetime | None = None
    expires_at: datetime | None = None
    refused_at: datetime | None = None
    problem: Reason | None = None
    problem_since: datetime | None = None
    since: datetime | None = None
    connected_at: datetime | None = None

    @property
    def consent(self) -> tuple[datetime | None, datetime | None, datetime | None]:
        """What is stored of the consent itself, apart from the channel."""
        return self.consented_at, self.expires_at, self.refused_at


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles the channels of one import: ``now`` and the promises are the same for all rows."""

    now: datetime
    limits: Limits

    def settle(
        self, channel: Channel, said: Said, stored: Standing | None, setup: datetime | None
    ) -> Standing:
        """Say how the channel is to stand.

        Args:
            channel: which of the two.
            said: what the row says of it.
            stored: how it stands now; ``None`` if the account is new.
            setup: when the account's set-up was completed, if the row says so.
        """
        if stored is not None and is_older(said, stored):
            return stored
        match said.status:
            case ChannelStatus.NEEDS_RECONNECT:
                settled = self._refused(channel, said, stored, setup)
            case ChannelStatus.NEEDS_PERMISSION:
                settled = self._without_permission(channel, said, stored, setup)
            case ChannelStatus.EXPIRING:
                settled = self._expiring(said, stored)
            case ChannelStatus.CONNECTED:
                settled = self._connected(channel, said, stored, setup)
            case ChannelStatus.PAUSED | ChannelStatus.UNKNOWN:
                settled = self._unsaid(channel, said, stored, setup)
            case _:
                settled = _without_consent(said, stored)
        return settled._replace(
            since=said.since or (stored.since if stored else None),
            connected_at=_connected_at(settled, stored),
        )

    def _connected(
        self, channel: Channel, said: Said, stored: Standing | None, setup: datetime | None
    ) -> Standing:
        if said.since is not None:
            consented_at = said.since
        elif stored is not None and stored.consented_at is not None:
            # A consent that came after a refusal came at a time nobody told us.
            consented_at = self.now if stored.refused_at else stored.consented_at
        else:
            consented_at = setup or said.synced_at or self.now
        return self._working(channel, consented_at, stored)

    def _expiring(self, said: Said, stored: Standing | None) -> Standing:
        ends = None if stored is None or stored.refused_at else self._end(stored)
        if said.since is None and ends and ends - self.limits.expiring <= self.now < ends:
            wanted = ends
        else:
            wanted = (said.since or self.now) + self.limits.expiring
        if stored is not None and wanted == ends:
            return _cleared(stored)._replace(
                consented_at=stored.consented_at, expires_at=stored.expires_at
            )
        return _cleared(stored)._replace(
            consented_at=wanted - self.limits.consent, expires_at=wanted
        )

    def _refused(
        self, channel: Channel, said: Said, stored: Standing | None, setup: datetime | None
    ) -> Standing:
        at = said.since or self.now
        if stored is None or stored.consented_at is None:
            given = min(setup, at) if setup else at
            return Standing(
                required=True,
                consented_at=given,
                expires_at=self._next_end(channel, given, at),
                refused_at=at,
            )
        if stored.refused_at is not None:
            return stored._replace(required=True, refused_at=said.since or stored.refused_at)
        ends = self._end(stored) if channel is Channel.SP_API else None
        if stored.problem in RECONNECT or (ends is not None and ends <= self.now):
            return stored._replace(required=True)
        return _cleared(stored)._replace(
            consented_at=stored.consented_at,
            expires_at=stored.expires_at,
            refused_at=at,
        )

    def _without_permission(
        self, channel: Channel, said: Said, stored: Standing | None, setup: datetime | None
    ) -> Standing:
        at = said.since or self.now
        if stored is None or stored.consented_at is None:
            given = min(setup, at) if setup else at
        else:
            given = at if stored.refused_at else stored.consented_at
        # A reason found by a check says more than the row does.
        known = stored.problem if stored is not None and stored.problem in PERMISSION else None
        earlier = stored.problem_since if stored is not None and known else None
        return self._working(channel, given, stored)._replace(
            problem=known or Reason.PERMISSION_LOST,
            problem_since=said.since or earlier or self.now,
        )

    def _unsaid(
        self, channel: Channel, said: Said, stored: Standing | None, setup: datetime | None
    ) -> Standing:
        """A status that tells nothing of the consent, but that there must be one."""
        if stored is not None and stored.consented_at is not None:
            return stored
        known = [each for each in (setup, said.synced_at, said.since) if each]
        return self._working(channel, min(known, default=self.now), stored)

    def _working(self, channel: Channel, given: datetime, stored: Standing | None) -> Standing:
        """A consent that works now: if it must have been renewed since, it ends a year later."""
        ends = self._next_end(channel, given, self.now)
        if stored is not None and stored.consented_at == given and channel is Channel.SP_API:
            present = self._end(stored)
            ends = stored.expires_at if present and present > self.now else ends
        return _cleared(stored)._replace(consented_at=given, expires_at=ends)

    def _end(self, stored: Standing) -> datetime | None:
        """When a stored SP-API consent ends."""
        if stored.consented_at is None:
            return None
        return stored.expires_at or stored.consented_at + self.limits.consent

    def _next_end(self, channel: Channel, given: datetime, after: datetime) -> datetime | None:
        """When a consent that was renewed each time it had to be ends next; AAA's never does."""
        if channel is Channel.AAA:
            return None
        years = max(0, (after - given) // self.limits.consent)
        return given + (years + 1) * self.limits.consent


def is_older(said: Said, stored: Standing) -> bool:
    """Whether Switchboard knows something newer of the channel than the row tells.

    Where the stored status has no known beginning its moments are an earlier import's guesses, so
    any date given is news.
    """
    if said.since is None or stored.since is None:
        return False
    known = (stored.consented_at, stored.refused_at, stored.problem_since)
    return any(moment > said.since for moment in known if moment is not None)


def _connected_at(settled: Standing, stored: Standing | None) -> datetime | None:
    """When the account began to use its consent: one that stays is used for as long as before."""
    if settled.consented_at is None:
        return None
    if stored is not None and stored.consented_at == settled.consented_at:
        return stored.connected_at
    return settled.consented_at


def _without_consent(said: Said, stored: Standing | None) -> Standing:
    step, problem, began = Step.NOT_INVITED, None, None
    if said.status is ChannelStatus.AT_AMAZON:
        step = Step.AT_AMAZON
    elif stored is not None and stored.consented_at is None and stored.step is not Step.AT_AMAZON:
        step = stored.step
    if stored is not None and stored.problem in OUTSIDE | ATTEMPT:
        problem, began = stored.problem, stored.problem_since
    required = said.status is not ChannelStatus.NOT_REQUIRED
    return Standing(required, step=step, problem=problem, problem_since=began)


def _cleared(stored: Standing | None) -> Standing:
    """A required channel without consent, and with no problem but one no row can know about."""
    if stored is None:
        return Standing(required=True)
    known = stored.problem in OUTSIDE
    return Standing(
        required=True,
        step=stored.step if stored.consented_at else Step.NOT_INVITED,
        problem=stored.problem if known else None,
        problem_since=stored.problem_since if known else None,
    )
