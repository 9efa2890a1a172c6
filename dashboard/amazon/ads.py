"""The Ads API: the advertising profiles that a login reaches, and the campaigns of one."""

import json
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AliasPath, Field, SecretStr, TypeAdapter

from dashboard.amazon import endpoints
from dashboard.amazon.shapes import Digits, MaybeDigits, Name, Page, Shape, Text, read
from dashboard.amazon.wire import Call, Wire, network
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplaces
from dashboard.settings import settings

CAMPAIGN: Final = "application/vnd.spCampaign.v3+json"
"""The version of Sponsored Products that is spoken, asked for and sent."""
MANAGERS: Final = "application/vnd.getmanageraccountsresponse.v1+json"
"""The version of manager accounts that is asked for."""


class Profile(Shape):
    """One advertiser in one marketplace (Ads API, "Profiles").

    ``type`` is seller, vendor, agency, or a word that Amazon added since; ``sub_type`` tells
    authors and attribution apart. ``merchant_id`` may repeat across marketplaces.
    ``valid_payment`` is ``None`` where Amazon does not say.
    """

    id: Digits = Field(validation_alias="profileId")
    country_code: Text = Field("", validation_alias="countryCode")
    marketplace_id: Text = Field(
        "", validation_alias=AliasPath("accountInfo", "marketplaceStringId")
    )
    merchant_id: Name = Field(validation_alias=AliasPath("accountInfo", "id"))
    type: Text = Field(validation_alias=AliasPath("accountInfo", "type"))
    name: Text = Field("", validation_alias=AliasPath("accountInfo", "name"))
    sub_type: Text = Field("", validation_alias=AliasPath("accountInfo", "subType"))
    valid_payment: bool | None = Field(
        None, validation_alias=AliasPath("accountInfo", "validPaymentMethod")
    )
    timezone: Text = ""
    currency: Text = Field("", validation_alias="currencyCode")


class Campaign(Shape):
    """A Sponsored Products campaign; ``budget`` is per day, in the profile's currency."""

    id: Digits = Field(validation_alias="campaignId")
    name: Text = ""
    state: Text
    budget: Annotated[Decimal, Field(ge=0, le=10**12)] | None = Field(
        None, validation_alias=AliasPath("budget", "budget")
    )
    serving_status: Text = Field("", validation_alias=AliasPath("extendedData", "servingStatus"))


class CampaignPage(Shape):
    """Some campaigns of a profile, and what to send for more; empty on the last page."""

    campaigns: tuple[Campaign, ...]
    next_token: Page = Field("", validation_alias="nextToken")


class Linked(Shape):
    """An account that is linked to a manager account; of DSP advertisers there is no profile."""

    id: MaybeDigits = Field("", validation_alias="profileId")
    marketplace_id: Text = Field("", validation_alias="marketplaceId")


class Manager(Shape):
    """A manager account that the login belongs to (Ads API, "Manager accounts")."""

    linked: tuple[Linked, ...] = Field((), validation_alias="linkedAccounts")


class Managers(Shape):
    """All of them."""

    managers: tuple[Manager, ...] = Field((), validation_alias="managerAccounts")


PROFILES: Final = TypeAdapter(list[Profile])
MANAGED: Final = TypeAdapter(Managers)
CAMPAIGNS: Final = TypeAdapter(CampaignPage)


def profiles(
    region: Region,
    access_token: SecretStr,
    *,
    view_only: bool = False,
    wire: Wire | None = None,
) -> list[Profile]:
    """The profiles that the login may edit, or with ``view_only`` those that it may look at.

    Those of marketplaces we do not know are left out. None at all means that the login works but
    reaches no advertiser here, or one that never made a campaign (Ads API, "Retrieve profiles").

    Raises:
        AccessRefused: the token is refused.
        AmazonError: anything else of its tree.
    """
    call = Call(
        method="GET",
        url=f"{endpoints.ads(region)}/v2/profiles",
        headers=_headers(access_token),
        params={"accessLevel": "view", "apiProgram": "campaign"} if view_only else {},
        secrets=(access_token,),
    )
    found = read(PROFILES, (wire or network()).ask(call))
    return [each for each in found if each.marketplace_id in marketplaces()]


def managed(region: Region, access_token: SecretStr, *, wire: Wire | None = None) -> frozenset[str]:
    """The ids of all profiles in a region that manager accounts link to the login.

    ``profiles`` lists those of them that the login may edit; a viewer's stand only here (Ads API,
    "Manager accounts").

    Raises:
        AccessRefused: the token is refused, or manager accounts are not for this login.
        AmazonError: anything else of its tree.
    """
    call = Call(
        method="GET",
        url=f"{endpoints.ads(region)}/managerAccounts",
        headers={**_headers(access_token), "accept": MANAGERS},
        secrets=(access_token,),
    )
    found = read(MANAGED, (wire or network()).ask(call))
    linked = [each for manager in found.managers for each in manager.linked]
    return frozenset(each.id for each in linked if each.id and _is_in(region, each.marketplace_id))


def campaigns(
    region: Region,
    access_token: SecretStr,
    profile_id: str,
    *,
    next_token: str = "",
    page_size: int = 100,
    wire: Wire | None = None,
) -> CampaignPage:
    """One page of a profile's Sponsored Products campaigns, with how each is being served.

    Raises:
        AccessRefused: the login reaches this profile no longer, or not in this region.
        AmazonError: anything else of its tree.
    """
    asked: dict[str, object] = {"maxResults": page_size, "includeExtendedDataFields": True}
    if next_token:
        asked["nextToken"] = next_token
    call = Call(
        method="POST",
        url=f"{endpoints.ads(region)}/sp/campaigns/list",
        headers={
            **_headers(access_token),
            "amazon-advertising-api-scope": profile_id,
            "accept": CAMPAIGN,
            "content-type": CAMPAIGN,
        },
        body=json.dumps(asked).encode(),
        secrets=(access_token,),
    )
    return read(CAMPAIGNS, (wire or network()).ask(call))


def _is_in(region: Region, marketplace_id: str) -> bool:
    """Whether a marketplace is of a region; one that Amazon does not say may be."""
    known = marketplaces().get(marketplace_id)
    return not marketplace_id or (known is not None and known.region is region)


def _headers(access_token: SecretStr) -> dict[str, str]:
    client_id, _ = settings().login_client(Channel.AAA)
    return {
        "amazon-advertising-api-clientid": client_id,
        "authorization": f"Bearer {access_token.get_secret_value()}",
        "accept": "application/json",
    }
