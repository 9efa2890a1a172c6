"""Every way a connection can fail is told from its signals, and ends in the right headline."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.amazon.ads import Profile
from dashboard.amazon.selling_partner import Participation
from dashboard.diagnosis import WARNINGS, Actor, Channel, Reason, playbook
from dashboard.errors import (
    AccessRefused,
    AmazonDown,
    AmazonError,
    ClientRefused,
    Malformed,
    Throttled,
)
from dashboard.marketplaces import Region, marketplace
from dashboard.signals import (
    CONSENT,
    Finding,
    Reach,
    Wanted,
    advertising,
    lacking,
    lapsed_or_revoked,
    refusal,
    selling,
    token_refused,
    trouble,
)
from dashboard.status import AccountType, ChannelFacts, Facts, Headline, Step, SyncFacts, assess

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AAA, SP_API = Channel.AAA, Channel.SP_API
DE, FR, US = (marketplace(each).id for each in ("DE", "FR", "US"))


def profile(country: str, merchant: str = "A1OURS", **account: Any) -> Profile:
    info = {"id": merchant, "type": "seller", "marketplaceStringId": marketplace(country).id}
    number = {"DE": 1, "FR": 2, "US": 3}[country]
    return Profile.model_validate(
        {"profileId": number, "countryCode": country, "accountInfo": info | account}
    )


def joined(*countries: str, suspended: bool = False, participating: bool = True) -> Any:
    return [
        Participation.model_validate(
            {
                "marketplace": {"id": marketplace(each).id},
                "participation": {
                    "isParticipating": participating, "hasSuspendedListings": suspended,
                },
            }
        )
        for each in countries
    ]  # fmt: skip


def forbidden(details: str = "", status: int = 403, code: str = "Unauthorized") -> AccessRefused:
    return AccessRefused("no", status=status, code=code, details=details)


OURS = Wanted(AccountType.SELLER, Region.EU, "A1OURS", {DE: "1", FR: "2"})
NEW = replace(OURS, marketplaces={DE: None, FR: None})
"""The same account before any profile of it was known."""
WHOLE = Reach([profile("DE"), profile("FR")])
NO_SCOPE = forbidden("Not authorized to access scope", 401, "401")
ROLE = forbidden("")
AGENCY, MANAGED = Reach([profile("DE", type="agency")]), Reach([], managed=["1"])
BOTH = ("DE", "FR")
SUSPENDED, UNPAID = "ADVERTISER_POLICING_SUSPENDED", "ADVERTISER_PAYMENT_FAILURE"


@dataclass(frozen=True)
class Case:
    """A row of the table. ``flow``: it happens only while a customer is connecting."""

    number: int
    what: str
    channel: Channel
    found: Callable[[], Finding | Reason | None]
    reason: Reason | None
    headline: Headline
    actor: Actor = Actor.CUSTOMER
    flow: bool = False


RECONNECT, PERMISSION, HEALTHY = (
    Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION, Headline.HEALTHY,
)  # fmt: skip
NOT_CONNECTED = Headline.NOT_CONNECTED
LOST, VIEWING = Reason.PERMISSION_LOST, Reason.VIEW_ONLY

TABLE = [
    Case(1, "revoked", AAA, lambda: lapsed_or_revoked(AAA, 20 * DAY),
         Reason.CONSENT_REVOKED, RECONNECT),
    Case(1, "revoked", SP_API, lambda: lapsed_or_revoked(SP_API, 20 * DAY),
         Reason.CONSENT_REVOKED, RECONNECT),
    Case(2, "password changed looks like revoked", AAA, lambda: lapsed_or_revoked(AAA, 900 * DAY),
         Reason.CONSENT_REVOKED, RECONNECT),
    Case(3, "lapsed after 365 days", SP_API, lambda: lapsed_or_revoked(SP_API, CONSENT),
         Reason.CONSENT_LAPSED, RECONNECT),
    Case(4, "a role was added", SP_API, lambda: refusal(SP_API, ROLE),
         Reason.ROLE_ADDED, PERMISSION),
    Case(5, "a profile is gone", AAA, lambda: advertising(OURS, Reach([profile("DE")])),
         LOST, PERMISSION),
    Case(5, "all profiles are gone", AAA, lambda: advertising(OURS, Reach([])), LOST, PERMISSION),
    Case(5, "a profile is refused", AAA, lambda: refusal(AAA, NO_SCOPE), LOST, PERMISSION),
    Case(5, "a resource is forbidden", AAA, lambda: refusal(AAA, forbidden("no access")),
         LOST, PERMISSION),
    Case(6, "view-only", AAA, lambda: advertising(OURS, Reach([profile("DE")], [profile("FR")])),
         VIEWING, PERMISSION),
    Case(7, "wrong login", AAA, lambda: lacking(OURS, Reach([profile("DE", "A2THEIRS")])),
         Reason.WRONG_LOGIN, NOT_CONNECTED, flow=True),
    Case(7, "wrong login", SP_API, lambda: selling(OURS, "A2THEIRS", joined("DE", "FR")),
         Reason.MERCHANT_MISMATCH, RECONNECT),
    Case(8, "wrong region", AAA,
         lambda: advertising(NEW, Reach([], elsewhere={Region.NA: [profile("US")]})),
         Reason.WRONG_REGION, PERMISSION),
    Case(8, "wrong region", SP_API, lambda: selling(OURS, "A1OURS", joined("US")),
         Reason.WRONG_REGION, PERMISSION),
    Case(9, "never advertised", AAA, lambda: advertising(NEW, Reach([])),
         Reason.NEVER_ADVERTISED, PERMISSION),
    Case(10, "not all accounts shared", AAA, lambda: advertising(NEW, Reach([profile("DE")])),
         Reason.PARTIAL_CONSENT, PERMISSION),
    Case(10, "not all accounts shared", AAA, lambda: lacking(OURS, Reach([profile("DE")])),
         Reason.PARTIAL_CONSENT, NOT_CONNECTED, flow=True),
    Case(11, "two merchants", AAA,
         lambda: advertising(OURS, Reach([profile("DE", "A2X"), profile("FR", "A2X")])),
         Reason.MERCHANT_MISMATCH, RECONNECT),
    Case(11, "two merchants", SP_API, lambda: selling(OURS, "A2X", joined("DE", "FR")),
         Reason.MERCHANT_MISMATCH, RECONNECT),
    Case(12, "connected elsewhere: the database tells", AAA, lambda: Reason.ALREADY_CONNECTED,
         Reason.ALREADY_CONNECTED, NOT_CONNECTED, flow=True),
    Case(13, "agency profiles", AAA, lambda: advertising(NEW, AGENCY),
         Reason.AGENCY_PROFILE, PERMISSION),
    Case(14, "author profiles", AAA,
         lambda: advertising(NEW, Reach([profile("DE", subType="KDP_AUTHOR")])),
         Reason.AUTHOR_PROFILE, PERMISSION),
    Case(15, "viewer of a manager account", AAA, lambda: advertising(OURS, MANAGED),
         Reason.MANAGER_VIEWER, PERMISSION),
    Case(15, "viewer of a manager account, new", AAA, lambda: advertising(NEW, MANAGED),
         Reason.MANAGER_VIEWER, PERMISSION),
    Case(15, "viewer of a manager account, connecting", AAA, lambda: lacking(NEW, MANAGED),
         Reason.MANAGER_VIEWER, NOT_CONNECTED, flow=True),
    Case(16, "suspended", AAA, lambda: advertising(OURS, WHOLE, [SUSPENDED]),
         Reason.SUSPENDED, HEALTHY, Actor.NOBODY),
    Case(16, "suspended", SP_API, lambda: selling(OURS, "A1OURS", joined(*BOTH, suspended=True)),
         Reason.SUSPENDED, HEALTHY, Actor.NOBODY),
    Case(17, "payment failed", AAA, lambda: advertising(OURS, WHOLE, [UNPAID]),
         Reason.PAYMENT_PROBLEM, HEALTHY, Actor.NOBODY),
    Case(17, "no valid way to pay", AAA,
         lambda: advertising(OURS, Reach([profile("DE", validPaymentMethod=False), profile("FR")])),
         Reason.PAYMENT_PROBLEM, HEALTHY, Actor.NOBODY),
    Case(18, "marketplace not joined", SP_API, lambda: selling(OURS, "A1OURS", joined("DE")),
         Reason.MARKETPLACE_NOT_JOINED, PERMISSION),
    Case(18, "marketplace listed, not joined", SP_API,
         lambda: selling(OURS, "A1OURS", joined("DE") + joined("FR", participating=False)),
         Reason.MARKETPLACE_NOT_JOINED, PERMISSION),
    Case(19, "throttled", SP_API, lambda: trouble(Throttled("no")), None, HEALTHY, Actor.NOBODY),
    Case(20, "our secret refused", AAA, lambda: trouble(ClientRefused("no", code="invalid_client")),
         Reason.OUR_SECRET_REFUSED, Headline.OUR_FIX, Actor.US),
    Case(20, "our app refused", SP_API,
         lambda: trouble(ClientRefused("no", code="unauthorized_client")),
         Reason.OUR_FAULT, Headline.OUR_FIX, Actor.US),
    Case(21, "outage", AAA, lambda: trouble(AmazonDown("no", status=503)),
         Reason.AMAZON_OUTAGE, Headline.AMAZON_INCIDENT, Actor.AMAZON),
    Case(21, "answers nobody understands", SP_API, lambda: trouble(Malformed("no")),
         Reason.AMAZON_OUTAGE, Headline.AMAZON_INCIDENT, Actor.AMAZON),
    Case(22, "code too old", AAA, lambda: Reason.CODE_EXPIRED, Reason.CODE_EXPIRED, NOT_CONNECTED,
         flow=True),
    Case(23, "cancelled", AAA, lambda: Reason.CANCELLED, Reason.CANCELLED, NOT_CONNECTED,
         flow=True),
    Case(23, "never came back", SP_API, lambda: Reason.ABANDONED, Reason.ABANDONED, NOT_CONNECTED,
         flow=True),
    Case(24, "no free authorization: Amazon's page, staff are told", SP_API,
         lambda: Reason.AUTHORIZATION_CAP, Reason.AUTHORIZATION_CAP, Headline.OUR_FIX, Actor.US,
         flow=True),
    Case(25, "plan or user not eligible: Amazon's page, staff are told", SP_API,
         lambda: Reason.NOT_ELIGIBLE, Reason.NOT_ELIGIBLE, NOT_CONNECTED, flow=True),
    Case(26, "no campaigns yet", AAA, lambda: advertising(OURS, WHOLE, [], age=DAY),
         Reason.DATA_NOT_READY, HEALTHY, Actor.NOBODY),
    Case(26, "no products yet", SP_API,
         lambda: selling(OURS, "A1OURS", joined("DE", "FR"), goods=0, age=DAY),
         Reason.DATA_NOT_READY, HEALTHY, Actor.NOBODY),
    Case(27, "a shared login: revoked for every account on it", AAA,
         lambda: lapsed_or_revoked(AAA, 20 * DAY), Reason.CONSENT_REVOKED, RECONNECT),
]  # fmt: skip


def facts(row: Case, reason: Reason | None) -> Facts:
    """A healthy seller, of whom this was found and believed."""
    old = NOW - 400 * DAY if reason is Reason.CONSENT_LAPSED else NOW - 20 * DAY
    channels = {each: ChannelFacts(each, required=True, consented_at=old) for each in Channel}
    sync = SyncFacts(first_synced_at=NOW - DAY, oldest_success_at=NOW - timedelta(hours=1))
    found = channels[row.channel]
    if reason in WARNINGS:
        found = replace(found, warning=reason)
    else:
        since = None if reason is None else NOW
        dead = reason in {Reason.CONSENT_REVOKED, Reason.CONSENT_LAPSED}
        found = replace(found, problem=reason, problem_since=since,
                        refused_at=NOW if dead else None)  # fmt: skip
    if row.flow:
        found = replace(found, consented_at=None, step=Step.OPENED)
        sync = SyncFacts()
    channels[row.channel] = found
    return Facts(AccountType.SELLER, channels[AAA], channels[SP_API], sync, observed_at=NOW)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.number} {row.what}")
def test_every_failure_is_told_apart_and_names_who_must_act(row: Case) -> None:
    found = row.found()
    reason = found if not isinstance(found, Finding) else found.problem or found.warning
    assert reason is row.reason
    if isinstance(found, Finding) and reason is not None:
        assert (reason in WARNINGS) is (found.problem is None)
    verdict = assess(facts(row, reason), NOW).verdict
    assert (verdict.headline, verdict.actor) == (row.headline, row.actor)
    if row.headline not in {HEALTHY, Headline.AMAZON_INCIDENT}:
        assert verdict.reason is reason
        assert verdict.channel is row.channel
        assert reason is not None
        assert playbook()[reason].actor is verdict.actor


def test_the_table_has_every_failure() -> None:
    assert {each.number for each in TABLE} == set(range(1, 28))


def test_throttling_is_amazons_when_data_is_late() -> None:
    channels = [ChannelFacts(each, required=True, consented_at=NOW - 20 * DAY) for each in Channel]
    sync = SyncFacts(first_synced_at=NOW - 9 * DAY, oldest_success_at=NOW - 2 * DAY, throttled=True)
    verdict = assess(Facts(AccountType.SELLER, *channels, sync, observed_at=NOW), NOW).verdict
    assert (verdict.headline, verdict.actor) == (Headline.LATE, Actor.AMAZON)
    assert verdict.reason is Reason.THROTTLED


def test_all_that_works_is_found_to_be_well() -> None:
    assert advertising(OURS, WHOLE, ["CAMPAIGN_STATUS_ENABLED"]) == Finding()
    assert selling(OURS, "A1OURS", joined("DE", "FR"), goods=3) == Finding()
    assert selling(OURS, "import:7", joined("DE", "FR")) == Finding(), "nobody told who that is"
    assert selling(OURS, "ENTITY1OURS", joined("DE", "FR")) == Finding(), "another spelling"
    vendor = Wanted(AccountType.VENDOR, Region.EU, "ENTITY1", {DE: "1"})
    assert selling(vendor, "GROUP", None) == Finding(), "a vendor's ids do not compare"
    assert selling(vendor, "GROUP", None, goods=0, age=9 * DAY) == Finding()


def test_a_profile_of_another_region_does_not_explain_one_that_was_lost() -> None:
    reach = Reach([], elsewhere={Region.NA: [profile("US")]})
    assert advertising(OURS, reach).problem is Reason.PERMISSION_LOST


def test_an_account_that_a_manager_account_lets_edit_is_not_said_to_be_viewed_only() -> None:
    both = [profile("DE", "A2X"), profile("FR", "A2X")]
    reach = Reach(both, managed=["1", "2"])
    assert advertising(OURS, reach).problem is Reason.MERCHANT_MISMATCH
    assert advertising(OURS, Reach([], managed=["99"])).problem is Reason.PERMISSION_LOST


@pytest.mark.parametrize(
    ("channel", "error", "reason"),
    [
        (AAA, forbidden("Scope header is missing", 401), Reason.OUR_FAULT),
        (SP_API, forbidden("Access token is missing in the request header."), Reason.OUR_FAULT),
        (SP_API, forbidden(code="MissingAuthenticationToken"), Reason.OUR_FAULT),
        (AAA, AmazonError("no", status=400), Reason.OUR_FAULT),
        (AAA, forbidden("No matching advertiser found for scope", 401), LOST),
    ],
)
def test_refusals_are_told_apart_by_their_words(
    channel: Channel, error: AmazonError, reason: Reason
) -> None:
    assert refusal(channel, error) == Finding(reason, refused=True)


def test_a_new_token_is_tried_where_the_token_itself_is_refused() -> None:
    bad = forbidden("The access token you provided is revoked, malformed or invalid.")
    assert token_refused(bad)
    assert refusal(SP_API, bad) is None, "it contradicts the token that was just given"
    assert token_refused(forbidden("Authentication failed", 401, "401"))
    for error in (NO_SCOPE, ROLE, forbidden("no access")):
        assert not token_refused(error)
