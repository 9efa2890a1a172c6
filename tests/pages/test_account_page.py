"""The page of one account, through the real entrypoint."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.actions.forecasting import renewing
from dashboard.db.engine import transaction
from dashboard.diagnosis import Channel, Reason, playbook
from dashboard.roles import Role
from dashboard.status import Headline
from tests import factories
from tests.factories import MISSING, REVOKED, Sync, Wire
from tests.pages.opening import opened, text

pytestmark = pytest.mark.usefixtures("database")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def made(**options: object) -> int:
    with transaction() as session:
        organization = factories.organization(session, "Acme GmbH")
        return factories.account(session, organization, **options)  # type: ignore[arg-type]


def test_a_broken_account_says_what_happened_how_to_fix_it_and_who_acts() -> None:
    app = opened("account", id=made(sp_api=REVOKED))
    remedy = playbook()[Reason.CONSENT_REVOKED]

    said = text(app)
    assert "Acme EU" in said
    assert "Needs reconnect" in said
    assert "The customer must act." in said
    assert f"**{remedy.title}.** {remedy.happened}" in said
    assert f"**What to do:** {remedy.fix}" in said
    assert [each.value for each in app.code] == [remedy.customer]
    assert app.title[0].value == "Acme EU"
    assert [each.value for each in app.subheader][:2] == ["AAA", "SP-API"]
    assert "Connected" in said


def test_a_healthy_account_says_that_nobody_needs_to_act() -> None:
    said = text(opened("account", id=made()))

    assert "Nobody needs to act." in said
    assert said.count("Nothing to do.") == 2
    assert "What to do" not in said


def test_a_reason_that_is_of_no_channel_is_said_once_above_both() -> None:
    stalled = Sync(age=5 * HOUR, state="running", progress_age=4 * HOUR)
    said = text(opened("account", id=made(sync=stalled)))

    assert said.count(playbook()[Reason.SYNC_STALLED].title + ".") == 1
    assert "We must act." in said
    assert said.count("Nothing to do.") == 2


def test_what_stands_above_both_channels_is_not_said_again_in_them() -> None:
    paused = made(paused_at=clock.now() - DAY)
    said = text(opened("account", id=paused))

    assert said.count(playbook()[Reason.PAUSED].title + ".") == 1
    assert "Nothing to do." not in said.replace(playbook()[Reason.PAUSED].fix, "")


def test_why_shows_the_rule_and_the_values_it_used() -> None:
    said = text(opened("account", id=made(sp_api=REVOKED)))

    assert "**A required channel's consent was refused twice" in said
    assert "Refused by Amazon" in said
    assert "(3 d ago)" in said


def test_each_stream_shows_its_sync_age_and_its_runs_as_a_chart() -> None:
    account_id = made(marketplaces=("DE", "FR"), syncs={("FR", Channel.AAA): Sync(age=30 * HOUR)})
    with transaction() as session:
        for stream in factories.streams(session, account_id):
            factories.run(session, stream, 3 * HOUR, "failed", reason=Reason.THROTTLED)

    app = opened("account", id=account_id)
    shown = app.dataframe[0].value

    assert list(shown["country"]) == ["Germany", "Germany", "France", "France"]
    assert list(shown["age"]) == ["1 h", "1 h", "30 h", "1 h"]
    assert shown["status"][2] == ["◷ Late"]
    assert shown["outcome"][0] == ["✕ Failed"]
    assert len(app.get("plotly_chart")) == 2


def test_the_timeline_tells_what_was_done_and_how_the_headline_changed() -> None:
    account_id = made(since=clock.now() - 2 * DAY, sp_api=REVOKED)
    with transaction() as session:
        factories.spell(session, account_id, Headline.HEALTHY, 9 * DAY, 2 * DAY)
        factories.event(session, "noted", DAY, account_id=account_id, text="Called Zoe.")

    said = text(opened("account", id=account_id))

    assert "**Note**: Called Zoe." in said
    assert "Healthy → Needs reconnect" in said


def test_an_account_that_nobody_has_connected_says_what_comes_next() -> None:
    app = opened("account", id=made(marketplaces=(), aaa=MISSING, sp_api=MISSING))
    said = text(app)

    assert said.count(playbook()[Reason.NOT_INVITED].title + ".") == 1
    assert "Nothing is synced yet" in said
    assert "no marketplace yet" in said
    assert "Not connected" in said
    assert not app.dataframe


def test_a_login_that_backs_other_accounts_names_them() -> None:
    first = made()
    with transaction() as session:
        grant = factories.grant_of(session, first, Channel.AAA)
        organization = factories.organization(session, "Bright Agency")
        factories.account(session, organization, "Other", aaa=Wire(grant_id=grant))

    app = opened("account", id=first)

    assert "if it ends, all of them stop" in text(app)
    assert any("Other, Bright Agency" in each.label for each in app.get("page_link"))


def test_a_warning_stands_beside_a_channel_that_works() -> None:
    app = opened("account", id=made(aaa=Wire(warning=Reason.SUSPENDED)))

    assert playbook()[Reason.SUSPENDED].title in app.warning[0].value
    assert "Nobody needs to act." in text(app)


@pytest.mark.parametrize("wrong", ["999", "0", "2147483647"])
def test_a_number_that_is_no_account_is_named_in_a_sentence(wrong: str) -> None:
    app = opened("account", id=wrong)

    assert f"There is no account {wrong}" in app.error[0].value
    assert not app.subheader


@pytest.mark.parametrize(
    "wrong", ["-1", "abc", "1 OR 1=1", "9" * 40, "2147483648", "٣", "1.5", "<b>1</b>", "\x00"]
)
def test_what_is_no_number_is_refused_without_being_repeated(wrong: str) -> None:
    app = opened("account", id=wrong)

    assert app.error[0].value.replace("\\", "").startswith("The address names no account")
    assert wrong not in app.error[0].value


def test_without_an_id_the_page_says_how_to_choose_one() -> None:
    made()

    assert "Choose an account first" in opened("account").info[0].value


def test_names_are_shown_as_they_are_written() -> None:
    name = "[Click](https://evil.example) **x** :red[y] ![z](https://evil.example/z.png)"
    app = opened("account", id=made(name=name))

    assert name in text(app)
    for mark in ("[Click](", "**x**", ":red[", "!["):
        assert mark not in app.title[0].value


@pytest.mark.parametrize("role", Role)
def test_every_role_may_look(role: Role) -> None:
    assert "Acme EU" in text(opened("account", role, id=made()))


def in_flight(region: str = "EU") -> int:
    """An account that was connected fifteen hours ago and waits for its data."""
    young = Wire(consent_age=15 * HOUR)
    waiting = Sync(age=None, added_age=15 * HOUR)
    return made(aaa=young, sp_api=young, sync=waiting, region=region)


def test_a_first_sync_in_flight_shows_what_is_forecast_of_it() -> None:
    with transaction() as session:
        for channel in Channel:
            hours = [5] * 61 + [24] * 10 + [29] * 20 + [60] * 9
            factories.first_syncs(session, channel, "EU", hours)
    account_id = in_flight()
    renewing.renew()

    app = opened("account", id=account_id)

    assert "60 % of similar accounts were done by now" in text(app)
    assert "Likely to finish in 9-14 h" in text(app)
    assert "23 % chance to miss 48 h" in text(app)
    assert "Share of first syncs done by hours, and this account" in [
        each.proto.alt for each in app.get("plotly_chart")
    ]


def test_too_few_first_syncs_to_forecast_one_are_said() -> None:
    account_id = in_flight("NA")
    renewing.renew()

    assert "Too few first syncs like this one have ended to forecast it: 0 of 20." in text(
        opened("account", id=account_id)
    )
    assert "First sync" not in [each.value for each in opened("account", id=made()).subheader]
