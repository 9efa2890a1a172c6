"""One scenario for every headline and every reason: what past an account has, and what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from dashboard.actions.demo import plots
from dashboard.actions.demo.company import Shape
from dashboard.actions.demo.life import Life
from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import Region

AAA, SP_API = Channel.AAA, Channel.SP_API


@dataclass(frozen=True, slots=True)
class Scenario:
    """A way for an account to be; ``accounts`` is how many of 400 are so."""

    name: str
    accounts: int
    tell: Callable[[Life], None]
    fits: Callable[[Shape], bool]


def anyone(_shape: Shape) -> bool:
    """Any account."""
    return True


def with_selling_partner(shape: Shape) -> bool:
    """An account that must have SP-API."""
    return shape.needs_selling_partner


def with_own_login(shape: Shape) -> bool:
    """An account whose Amazon login is not an agency's; only its own AAA consent can go wrong."""
    return shape.login is None


def in_the_incident(shape: Shape) -> bool:
    """An account where Amazon's open incident is."""
    return shape.region is Region.FE


def with_both(shape: Shape) -> bool:
    """An account with both channels and a login of its own."""
    return with_selling_partner(shape) and with_own_login(shape)


def with_a_forecast(shape: Shape) -> bool:
    """An account where enough others have been through their first sync to forecast one."""
    return with_both(shape) and shape.region is not Region.FE


def _told(
    reason: Reason, accounts: int, tell: Callable[[Life], None], fits: Callable[[Shape], bool]
) -> Scenario:
    return Scenario(reason.value, accounts, tell, fits)


def _unconnected(reason: Reason, accounts: int) -> Scenario:
    fits = with_own_login
    if reason in (Reason.AUTHORIZATION_CAP, Reason.CODE_EXPIRED):
        fits = with_both
    return _told(reason, accounts, partial(plots.not_connected, reason=reason), fits)


def _found_new(channel: Channel, reason: Reason, accounts: int) -> Scenario:
    fits = with_own_login if channel is AAA else with_selling_partner
    return _told(reason, accounts, partial(plots.found_new, channel=channel, reason=reason), fits)


def _troubled(
    channel: Channel, reason: Reason, accounts: int, days: tuple[float, float], name: str = ""
) -> Scenario:
    fits = with_own_login if channel is AAA else with_selling_partner
    tell = partial(plots.troubled, channel=channel, reason=reason, days=days)
    return Scenario(name or reason.value, accounts, tell, fits)


def _warned(channel: Channel, reason: Reason, accounts: int) -> Scenario:
    fits = anyone if channel is AAA else with_selling_partner
    return Scenario(
        f"warned_{reason.value}",
        accounts,
        partial(plots.warned, channel=channel, reason=reason),
        fits,
    )


def _late(name: str, accounts: int, reason: Reason | None, hours: tuple[float, float]) -> Scenario:
    return Scenario(name, accounts, partial(plots.late, reason=reason, hours=hours), anyone)


def _failing(reason: Reason) -> Callable[[Life], None]:
    return partial(plots.failing, reason=reason)


def _first_sync(hours: tuple[float, float]) -> Callable[[Life], None]:
    return partial(plots.first_sync, hours=hours)


REFUSED_AGENCY: Final = Scenario("agency_login_refused", 0, plots.login_refused, anyone)
HEALTHY: Final = Scenario("healthy", 0, plots.healthy, anyone)

SCENARIOS: Final[Sequence[Scenario]] = (
    # Those with the fewest accounts to choose from come first.
    _told(Reason.AMAZON_OUTAGE, 3, plots.amazon_outage, in_the_incident),
    _told(Reason.CONSENT_LAPSED, 3, plots.lapsed, with_selling_partner),
    _told(Reason.CONSENT_EXPIRING, 6, plots.expiring, with_selling_partner),
    _troubled(AAA, Reason.CONSENT_REVOKED, 3, (1.4, 8), "consent_revoked_aaa"),
    _troubled(SP_API, Reason.CONSENT_REVOKED, 2, (1.4, 12), "consent_revoked_sp_api"),
    _troubled(SP_API, Reason.CONSENT_REVOKED, 1, (0.2, 0.6), "consent_revoked_today"),
    _troubled(AAA, Reason.WRONG_LOGIN, 1, (2, 6)),
    _found_new(SP_API, Reason.MERCHANT_MISMATCH, 1),
    _found_new(SP_API, Reason.ALREADY_CONNECTED, 1),
    _troubled(SP_API, Reason.ROLE_ADDED, 2, (2, 9)),
    _troubled(AAA, Reason.PERMISSION_LOST, 2, (1.2, 6)),
    _troubled(AAA, Reason.PERMISSION_LOST, 1, (0.1, 0.7), "permission_lost_today"),
    _found_new(AAA, Reason.VIEW_ONLY, 2),
    _found_new(AAA, Reason.WRONG_REGION, 1),
    _found_new(AAA, Reason.NEVER_ADVERTISED, 2),
    _found_new(AAA, Reason.PARTIAL_CONSENT, 1),
    _found_new(AAA, Reason.AGENCY_PROFILE, 1),
    _found_new(AAA, Reason.AUTHOR_PROFILE, 1),
    _found_new(AAA, Reason.MANAGER_VIEWER, 1),
    _found_new(SP_API, Reason.NOT_ELIGIBLE, 1),
    _troubled(SP_API, Reason.MARKETPLACE_NOT_JOINED, 2, (2, 20)),
    _unconnected(Reason.AUTHORIZATION_CAP, 2),
    _unconnected(Reason.CODE_EXPIRED, 2),
    _unconnected(Reason.NOT_INVITED, 2),
    _unconnected(Reason.LINK_SENT, 5),
    _unconnected(Reason.LINK_OPENED, 5),
    _unconnected(Reason.AT_AMAZON, 2),
    _unconnected(Reason.CANCELLED, 3),
    _unconnected(Reason.ABANDONED, 4),
    _told(Reason.OUR_SECRET_REFUSED, 1, partial(
        plots.troubled, channel=SP_API, reason=Reason.OUR_SECRET_REFUSED, days=(0.2, 0.3)
    ), with_selling_partner),
    _told(Reason.OUR_FAULT, 1, _failing(Reason.OUR_FAULT), anyone),
    _told(Reason.SYNC_STALLED, 2, partial(plots.stalled, hours=(27, 70)), anyone),
    Scenario("sync_stalled_today", 1, partial(plots.stalled, hours=(3, 9)), anyone),
    _told(Reason.SYNC_FAILING, 2, _failing(Reason.SYNC_FAILING), anyone),
    _told(Reason.FIRST_SYNC_OVERDUE, 3, _first_sync((54, 76)), with_both),
    _told(Reason.FIRST_SYNC_AT_RISK, 4, _first_sync((36, 43)), with_a_forecast),
    _told(Reason.FIRST_SYNC, 12, _first_sync((3, 20)), with_both),
    _told(Reason.DATA_NOT_READY, 2, plots.data_not_ready, with_both),
    _late("throttled", 2, Reason.THROTTLED, (49, 75)),
    _late("data_late", 2, None, (49, 90)),
    _late("data_late_today", 2, None, (26, 44)),
    _told(Reason.TELEMETRY_STALE, 2, plots.telemetry_stale, anyone),
    _told(Reason.TELEMETRY_CONTRADICTORY, 1, plots.telemetry_contradictory, anyone),
    _told(Reason.PAUSED, 2, plots.paused, anyone),
    _told(Reason.DISCONNECTED, 2, plots.disconnected, anyone),
    _warned(SP_API, Reason.SUSPENDED, 2),
    _warned(AAA, Reason.PAYMENT_PROBLEM, 3),
    _warned(SP_API, Reason.THROTTLED, 1),
    Scenario("recovered", 6, plots.recovered, anyone),
)  # fmt: skip
"""Every scenario but the one of most accounts: those left over are ``HEALTHY``."""
