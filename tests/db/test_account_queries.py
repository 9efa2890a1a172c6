"""One account's page says how it stands, why, who must act, and how it came to be so."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.sweep import sweep
from dashboard.db.engine import reading, transaction
from dashboard.diagnosis import Actor, Channel, Reason
from dashboard.errors import NotFound
from dashboard.queries import account, history
from dashboard.queries.account import Connection, Detail
from dashboard.status import ChannelStatus, Headline
from tests import factories
from tests.factories import CONNECTED, MISSING, NEVER, REVOKED, Sync, Wire

pytestmark = pytest.mark.usefixtures("database")

NOW = clock.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
T = TypeVar("T")


def made(**options: object) -> int:
    with transaction() as session:
        organization = factories.organization(session, "Acme GmbH")
        return factories.account(session, organization, now=NOW, **options)  # type: ignore[arg-type]


def asked(query: Callable[..., T], *args: object) -> T:
    with reading() as session:
        return query(session, *args)


def seen(account_id: int) -> Detail:
    return asked(account.detail, account_id, NOW)


def channels(account_id: int) -> tuple[Connection, Connection]:
    aaa, selling_partner = seen(account_id).connections
    return aaa, selling_partner


def test_an_account_says_whose_it_is_and_where_it_sells() -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        organization = factories.organization(session, "Acme GmbH", strategist_id=ana)
        account_id = factories.account(
            session, organization, "Acme EU", marketplaces=("FR", "DE"), merchant_id="A1ACME"
        )

    found = seen(account_id)

    assert (found.name, found.organization, found.strategist) == (
        "Acme EU", "Acme GmbH", "Ana Berg",
    )  # fmt: skip
    assert found.merchant_id == "A1ACME"
    assert sorted(found.marketplaces) == ["DE", "FR"]


@pytest.mark.parametrize("account_id", [0, -1, 999, 2**31 - 1])
def test_an_account_that_does_not_exist_is_said_to_be_missing(account_id: int) -> None:
    with pytest.raises(NotFound, match=f"There is no account {account_id}"):
        seen(account_id)


def test_a_healthy_account_needs_nobody() -> None:
    found = seen(made())

    assert found.headline == Headline.HEALTHY
    assert found.remedy is None
    assert {each.status for each in found.connections} == {ChannelStatus.CONNECTED}
    assert {each.actor for each in found.connections} == {Actor.NOBODY}
    assert all(each.remedy is None for each in found.connections)


def test_a_dead_consent_says_what_happened_and_that_the_customer_must_act() -> None:
    found = seen(made(sp_api=REVOKED))
    aaa, selling_partner = found.connections

    assert found.headline == Headline.NEEDS_RECONNECT
    assert found.remedy is not None
    assert found.remedy.reason is Reason.CONSENT_REVOKED
    assert aaa.status is ChannelStatus.CONNECTED
    assert aaa.remedy is None
    assert selling_partner.status is ChannelStatus.NEEDS_RECONNECT
    assert selling_partner.remedy == found.remedy
    assert selling_partner.actor is Actor.CUSTOMER
    assert selling_partner.since == NOW - 3 * DAY


def test_each_channel_has_its_own_reason() -> None:
    problem = Wire(problem=Reason.PERMISSION_LOST)
    aaa, selling_partner = channels(made(aaa=problem, sp_api=REVOKED))

    assert aaa.remedy is not None
    assert aaa.remedy.reason is Reason.PERMISSION_LOST
    assert selling_partner.remedy is not None
    assert selling_partner.remedy.reason is Reason.CONSENT_REVOKED


def test_a_vendor_is_not_asked_for_sp_api() -> None:
    aaa, selling_partner = channels(made(type="vendor", sp_api=MISSING))

    assert aaa.status is ChannelStatus.CONNECTED
    assert selling_partner.status is ChannelStatus.NOT_REQUIRED
    assert selling_partner.remedy is None
    assert selling_partner.actor is Actor.NOBODY


@pytest.mark.parametrize(
    ("options", "reason", "actor"),
    [
        ({"sp_api": MISSING}, Reason.NOT_INVITED, Actor.CUSTOMER),
        ({"sp_api": Wire(ends_in=9 * DAY)}, Reason.CONSENT_EXPIRING, Actor.CUSTOMER),
        ({"sp_api": Wire(consent_age=400 * DAY)}, Reason.CONSENT_LAPSED, Actor.CUSTOMER),
        ({"sp_api": Wire(problem=Reason.OUR_FAULT)}, Reason.OUR_FAULT, Actor.US),
        (
            {"sp_api": Wire(problem=Reason.AMAZON_OUTAGE, incident=True)},
            Reason.AMAZON_OUTAGE,
            Actor.AMAZON,
        ),
        ({"paused_at": NOW - DAY}, Reason.PAUSED, Actor.NOBODY),
        ({"disconnected_at": NOW - DAY}, Reason.DISCONNECTED, Actor.NOBODY),
        ({"observed_at": NOW - 9 * DAY}, Reason.TELEMETRY_STALE, Actor.US),
        ({"observed_at": NOW + DAY}, Reason.TELEMETRY_CONTRADICTORY, Actor.US),
    ],
)
def test_a_channel_that_is_not_connected_says_why(
    options: dict[str, object], reason: Reason, actor: Actor
) -> None:
    _, selling_partner = channels(made(**options))

    assert selling_partner.remedy is not None
    assert (selling_partner.remedy.reason, selling_partner.actor) == (reason, actor)


def test_a_consent_ends_a_year_after_it_was_given_unless_amazon_says_when() -> None:
    aaa, silent = channels(made(sp_api=Wire(consent_age=100 * DAY)))
    _, told = channels(made(sp_api=Wire(ends_in=40 * DAY)))

    assert aaa.ends_at is None
    assert silent.ends_at == NOW + 265 * DAY
    assert told.ends_at == NOW + 40 * DAY


def test_a_warning_is_shown_beside_a_channel_that_works() -> None:
    aaa, _ = channels(made(aaa=Wire(warning=Reason.PAYMENT_PROBLEM)))

    assert aaa.status is ChannelStatus.CONNECTED
    assert aaa.warning is not None
    assert aaa.warning.reason is Reason.PAYMENT_PROBLEM


def test_a_login_that_backs_many_accounts_says_which_would_fall_with_it() -> None:
    with transaction() as session:
        agency = factories.organization(session, "Bright Agency")
        first = factories.account(session, agency, "First")
        grant = factories.grant_of(session, first, Channel.AAA)
        for number in range(25):
            shared = Wire(grant_id=grant)
            factories.account(session, agency, f"Client {number:02}", aaa=shared)

    aaa, selling_partner = channels(first)

    assert aaa.shared == 25
    assert len(aaa.neighbours) == 20
    assert aaa.neighbours[0].organization == "Bright Agency"
    assert first not in {each.id for each in aaa.neighbours}
    assert (selling_partner.shared, selling_partner.neighbours) == (0, ())


def test_why_names_the_rule_and_agrees_with_the_headline_until_the_sweep_comes_by() -> None:
    account_id = made(sync=Sync(age=23 * HOUR))
    soon_late = asked(account.detail, account_id, NOW + 2 * HOUR)
    sweep(NOW + 2 * HOUR)
    late = asked(account.detail, account_id, NOW + 2 * HOUR)

    assert soon_late.headline == Headline.HEALTHY
    assert dict(soon_late.why)["Rule"] == "None of the rules for trouble applies."
    assert late.headline == Headline.LATE
    assert "freshness target" in str(dict(late.why)["Rule"])


def test_streams_stand_by_marketplace_and_channel() -> None:
    account_id = made(
        marketplaces=("FR", "DE"),
        sync=Sync(age=HOUR),
        syncs={
            ("DE", Channel.SP_API): Sync(age=30 * HOUR),
            ("FR", Channel.AAA): Sync(age=2 * HOUR, state="running", progress_age=5 * HOUR),
        },
    )
    found = asked(history.streams, account_id, NOW)

    assert list(zip(found["country_code"], found["channel"], found["status"], strict=True)) == [
        ("DE", "AAA", "Healthy"),
        ("DE", "SP-API", "Late"),
        ("FR", "AAA", "Stuck"),
        ("FR", "SP-API", "Healthy"),
    ]  # fmt: skip
    assert list(found["actor"]) == ["Nobody", "Us", "Us", "Nobody"]
    assert found["last_success_at"].iloc[1] == NOW - 30 * HOUR


def test_a_stream_without_a_success_is_in_its_first_sync() -> None:
    account_id = made(aaa=Wire(consent_age=DAY), sp_api=Wire(consent_age=DAY), sync=NEVER)
    found = asked(history.streams, account_id, NOW)

    assert set(found["status"]) == {"First sync"}
    assert found["last_success_at"].isna().all()


def test_a_marketplace_that_was_added_is_alone_in_its_first_sync() -> None:
    added = Sync(age=None, added_age=HOUR)
    account_id = made(marketplaces=("DE", "FR"), syncs={("FR", each): added for each in Channel})
    found = asked(history.streams, account_id, NOW)

    assert list(found["status"]) == ["Healthy", "Healthy", "First sync", "First sync"]
    assert seen(account_id).headline == Headline.FIRST_SYNC
    assert dict(seen(account_id).why)["Waiting for a first success since"] == NOW - HOUR


def test_streams_and_runs_of_an_account_that_has_none_keep_their_columns() -> None:
    account_id = made(aaa=MISSING, sp_api=MISSING)

    for found, columns in (
        (asked(history.streams, account_id, NOW), history.STREAMS),
        (asked(history.streams, 999, NOW), history.STREAMS),
        (asked(history.runs, account_id), history.RUNS),
        (asked(history.spells, 999, NOW), history.SPELLS),
    ):
        assert found.empty
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == columns


def test_the_newest_runs_of_each_stream_are_given_oldest_first() -> None:
    account_id = made()
    with transaction() as session:
        first, second = factories.streams(session, account_id)
        for age in range(1, 41):
            factories.run(session, first, age * HOUR)
        factories.run(session, second, HOUR, "failed", reason=Reason.THROTTLED)
        factories.run(session, second, HOUR / 2, "running", took=None)

    found = asked(history.runs, account_id)
    shown = asked(history.streams, account_id, NOW).set_index("id")

    assert (found["stream_id"] == first).sum() == history.MOST_RUNS
    assert found["started_at"].is_monotonic_increasing
    assert list(found[found["stream_id"] == second]["outcome"]) == ["failed", "running"]
    assert found["finished_at"].isna().sum() == 1
    assert shown["last_outcome"].to_dict() == {first: "succeeded", second: "running"}


def test_the_headline_of_the_last_days_begins_with_the_spell_that_was_running_then() -> None:
    account_id = made(since=NOW - 2 * DAY, sp_api=REVOKED)
    with transaction() as session:
        for headline, began, ended in (
            (Headline.FIRST_SYNC, 300, 200),
            (Headline.HEALTHY, 200, 50),
            (Headline.LATE, 50, 2),
        ):
            factories.spell(session, account_id, headline, began * DAY, ended * DAY, now=NOW)

    found = asked(history.spells, account_id, NOW)

    assert list(found["headline"]) == ["Healthy", "Late", "Needs reconnect"]
    assert found["ended_at"].isna().tolist() == [False, False, True]


def test_a_young_account_has_only_its_own_spells() -> None:
    found = asked(history.spells, made(since=NOW - DAY), NOW)

    assert list(found["headline"]) == ["Healthy"]


def test_the_timeline_tells_what_was_done_and_what_became_of_it() -> None:
    account_id = made(since=NOW - 2 * DAY, sp_api=REVOKED)
    with transaction() as session:
        factories.spell(session, account_id, Headline.HEALTHY, 90 * DAY, 2 * DAY, now=NOW)
        factories.event(session, "imported", 91 * DAY, account_id=account_id, now=NOW)
        factories.event(session, "noted", DAY, account_id=account_id, now=NOW)

    found = asked(history.timeline, account_id, 9).to_dict("records")
    cut = asked(history.timeline, account_id, 2)

    assert [row["kind"] for row in found] == ["noted", "turned", "turned", "imported"]
    assert found[1]["details"] == {
        "before": "Healthy",
        "after": "Needs reconnect",
        "reason": "consent_revoked",
    }
    assert found[2]["details"]["before"] == ""
    assert cut["kind"].tolist() == ["noted", "turned"]
    assert cut["details"][1]["before"] == "Healthy"


def test_the_timeline_tells_another_reason_for_the_same_headline() -> None:
    account_id = made(aaa=MISSING, since=NOW - DAY)
    with transaction() as session:
        factories.spell(
            session, account_id, Headline.NOT_CONNECTED, 2 * DAY, DAY,
            reason=Reason.LINK_SENT, now=NOW,
        )  # fmt: skip

    newest = asked(history.timeline, account_id, 9)["details"][0]

    assert newest == {"before": "", "after": "Not connected", "reason": "not_invited"}


def test_nothing_of_another_account_is_shown(session: Session) -> None:
    other = made()
    account_id = made(aaa=CONNECTED)
    with transaction() as writing:
        factories.event(writing, "noted", account_id=other)
        factories.run(writing, factories.streams(writing, other)[0], HOUR)

    assert history.runs(session, account_id).empty
    assert "noted" not in set(history.timeline(session, account_id, 9)["kind"])
    assert len(history.streams(session, account_id, NOW)) == 2
