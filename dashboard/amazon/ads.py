"""The Ads API: the advertising profiles that a login reaches, and the campaigns of one."""

import json
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AliasPath, Field, SecretStr, TypeAdapter

from dashboard.amazon import endpoints
from dashboard.amazon.shapes import Digits, Name, Page, Shape, Text, read
from dashboard.amazon.wire import Call, Wire, network
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplaces
from dashboard.settings import settings

CAMPAIGN: Final = "application/vnd.spCampaign.v3+json"
"""The version of Sponsored Products that is spoken, asked for and sent."""


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


PROFILES: Final = TypeAdapter(list[Profile])
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


def _headers(access_token: SecretStr) -> dict[str, str]:
    client_id, _ = settings().login_client(Channel.AAA)
    return {
        "amazon-advertising-api-clientid": client_id,
        "authorization": f"Bearer {access_token.get_secret_value()}",
        "accept": "application/json",
    }
