"""Back from Amazon: what came back is spent, exchanged, looked at, and only then stored.

Amazon is asked between the transactions, never inside one.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from dashboard.actions.connecting import attempts, consents, ending
from dashboard.actions.connecting.attempts import Return
from dashboard.actions.connecting.ending import Failure
from dashboard.amazon import ads, lwa, selling_partner
from dashboard.amazon.lwa import Tokens
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import (
    AccessRefused,
    AmazonError,
    ConnectionRefused,
    GrantRefused,
    Throttled,
)
from dashboard.marketplaces import Region
from dashboard.signals import Reach, trouble
from dashboard.status import AccountType

IDENTITY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""How a ``selling_partner_id`` may look."""

LAST: Final = frozenset({Reason.ALREADY_CONNECTED})
"""Refusals that looking further at the login cannot explain better."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Amazon added to our address: a code, or an error.

    ``identity`` is who consented, which only the Selling Partner API's pages say.
    """

    state: str
    code: SecretStr | None = None
    identity: str = ""
    error: str = ""

    def is_whole(self, channel: Channel) -> bool:
        """Whether nothing is missing of it."""
        if not self.state:
            return False
        if self.error:
            return True
        named = channel is Channel.AAA or IDENTITY.fullmatch(self.identity) is not None
        return self.code is not None and named


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a return came to; without a ``reason`` it is connected."""

    link_id: int
    reason: Reason | None = None


def complete(channel: Channel, answer: Answer, browser: SecretStr | None) -> Outcome:
    """Make of what Amazon answered a connection, or a trip that failed for a reason.

    Raises:
        AttemptRefused: the answer fits no open trip of this browser.
        LinkClosed: the link was withdrawn meanwhile.
    """
    back = attempts.spend(channel, answer.state, browser)
    try:
        _accept(back, answer)
    except ConnectionRefused as refused:
        failure = Failure(Reason(refused.reason), refused.places, refused.elsewhere)
    except _Declined as declined:
        failure = Failure(declined.reason, said=declined.said)
    except AmazonError as error:
        failure = Failure(reason_of(error), said=said(error))
    else:
        return Outcome(back.link_id)
    ending.fail(back, failure)
    return Outcome(back.link_id, failure.reason)


def reason_of(error: AmazonError) -> Reason:
    """Why a customer cannot go on, of an error of Amazon's during the flow.

    A consent that was given this minute is not refused for what the customer may or may not do:
    every login may list its profiles, every seller its marketplaces. So a refusal without words is
    our registration (SP-API: a missing role has empty details), and any other Amazon's trouble.
    """
    if isinstance(error, GrantRefused):
        return Reason.CODE_EXPIRED
    if isinstance(error, Throttled):
        return Reason.THROTTLED
    if isinstance(error, AccessRefused) and error.status == 403 and error.details:
        return Reason.AMAZON_OUTAGE
    return trouble(error) or Reason.OUR_FAULT


def said(error: AmazonError) -> str:
    """Amazon's own code and request id, for staff."""
    return " ".join(each for each in (str(error.status), error.code, error.request_id) if each)


def whole_reach(region: Region, access_token: SecretStr, editable: Reach) -> Reach:
    """All that a login reaches: what tells why the editable profiles do not suffice.

    Raises:
        AmazonError: of its tree.
    """
    elsewhere = {
        each: ads.profiles(each, access_token) for each in Region if each is not region
    }  # fmt: skip
    view_only = ads.profiles(region, access_token, view_only=True)
    managed: frozenset[str] = frozenset()
    # Most logins belong to no manager account, and may not ask: that is no reason to end here.
    with suppress(AmazonError):
        managed = ads.managed(region, access_token)
    return Reach(editable.editable, view_only, elsewhere, managed)


class _Declined(Exception):
    """Amazon sent an error instead of a code."""

    def __init__(self, error: str) -> None:
        super().__init__("Amazon sent an error")
        self.said = re.sub(r"[^a-z_]", "", error[:40])
        self.reason = {
            "access_denied": Reason.CANCELLED,
            "server_error": Reason.AMAZON_OUTAGE,
            "temporarily_unavailable": Reason.AMAZON_OUTAGE,
        }.get(error, Reason.OUR_FAULT)


def _accept(back: Return, answer: Answer) -> None:
    if answer.error or answer.code is None:
        raise _Declined(answer.error)
    tokens = lwa.exchange(
        back.channel, answer.code, attempts.redirect_uri(back.channel), back.verifier, back.region
    )
    if back.channel is Channel.AAA:
        _accept_login(back, tokens)
        return
    participations = (
        selling_partner.participations(back.region, tokens.access_token)
        if back.type is AccountType.SELLER
        else None
    )
    consents.accept_seller(back, tokens, answer.identity, participations)


def _accept_login(back: Return, tokens: Tokens) -> None:
    reach = Reach(ads.profiles(back.region, tokens.access_token))
    try:
        consents.accept_login(back, tokens, reach)
    except ConnectionRefused as refused:
        if Reason(refused.reason) in LAST:
            raise
        consents.accept_login(back, tokens, whole_reach(back.region, tokens.access_token, reach))
