"""Consents that were given before the stand-in was started: a demo begins with customers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dashboard.sandbox.cast import Business, Member, find
from dashboard.sandbox.tokens import ADS, SELLING, Client, Grant

CUSTOMERS: Final = (
    "bluebird", "atelier", "polar-knit", "gulf-home", "cascade", "tiny-toys", "brightwave",
    "sakura", "wattle", "meridian",
)  # fmt: skip
"""Members of the cast who are customers when a demo begins; the others are free to become some."""


@dataclass(frozen=True, slots=True)
class Consented:
    """A business in one region, whose owner has consented to both channels.

    ``merchant_id`` is the Ads API's id of it, ``seller_id`` SP-API's; ``profiles`` are the Ads
    API's by marketplace id; ``tokens`` are refresh tokens by channel.
    """

    login: str
    name: str
    person: str
    email: str
    kind: str
    region: str
    countries: tuple[str, ...]
    merchant_id: str
    seller_id: str
    profiles: Mapping[str, str]
    tokens: Mapping[str, str] = field(repr=False)


def consents(
    aaa: tuple[str, str], sp_api: tuple[str, str], logins: Iterable[str], at: datetime
) -> list[Consented]:
    """What these logins consented to at a moment, in each region of their first business.

    Args:
        aaa: id and secret of the app's Login with Amazon client for the Ads API.
        sp_api: id and secret of its client for SP-API.
        logins: of the cast, or made up; those that do not exist are left out.
        at: aware.
    """
    clients = {ADS: Client(ADS, *aaa), SELLING: Client(SELLING, *sp_api)}
    members = [member for each in logins if (member := find(each)) is not None]
    return [
        _consented(clients, member, member.businesses[0], region, at)
        for member in members
        for region in member.businesses[0].merchants
    ]


def _consented(
    clients: Mapping[str, Client], member: Member, business: Business, region: str, at: datetime
) -> Consented:
    places = business.places(region)
    return Consented(
        login=member.id,
        name=business.name,
        person=member.person,
        email=member.email,
        kind=business.kind,
        region=region,
        countries=tuple(each.code for each in places),
        merchant_id=business.advertisers[region],
        seller_id=business.merchants[region],
        profiles={each.id: str(business.profile_id(each)) for each in places},
        tokens={
            channel: client.refresh_token(
                Grant(
                    channel, member.id, member.id, 0, region if channel == SELLING else "",
                    partial=False, at=at.timestamp(),
                )
            )
            for channel, client in clients.items()
        },
    )  # fmt: skip
