"""Facts and a moment give one headline, who must act, and when that changes by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.diagnosis import (
    ATTEMPT,
    OURS,
    PERMISSION,
    RECONNECT,
    WARNINGS,
    Actor,
    Channel,
    Reason,
    playbook,
)
from dashboard.status import (
    BROKEN,
    SEVERITY,
    AccountType,
    AgeBand,
    Assessment,
    ChannelFacts,
    ChannelStatus,
    Facts,
    Headline,
    Limits,
    Step,
    SyncFacts,
    age_band,
    assess,
    channel_status,
    headline,
    why,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=each) for each in (1, 60, 3600, 86400))

WHO_ACTS = {
    "Disconnected": "Nobody",
    "Paused": "Nobody",
    "Unknown": "Us",
    "Amazon incident": "Amazon",
    "Our fix": "Us",
    "Not connected": "Customer",
    "Needs reconnect": "Customer",
    "Needs permission": "Customer",
    "Stuck": "Us",
    "Late": "Us",
    "At risk": "Us",
    "First sync": "Nobody",
    "Expiring": "Customer",
    "Healthy": "Nobody",
}

AAA = ChannelFacts(Channel.AAA, required=True, consented_at=NOW - 100 * DAY)
SELLING_PARTNER = ChannelFacts(Channel.SP_API, required=True, consented_at=NOW - 100 * DAY)
SYNCED = SyncFacts(
    connected_at=NOW - 100 * DAY,
    first_synced_at=NOW - 99 * DAY,
    oldest_success_at=NOW - HOUR,
)
FIRST = SyncFacts(connected_at=NOW - HOUR)
SELLER = Facts(AccountType.SELLER, AAA, SELLING_PARTNER, SYNCED, observed_at=NOW - MINUTE)
VENDOR = replace(
    SELLER,
    type=AccountType.VENDOR,
    selling_partner=ChannelFacts(Channel.SP_API, required=False),
)
FRESH = Facts(
    AccountType.SELLER,
    ChannelFacts(Channel.AAA, required=True),
    ChannelFacts(Channel.SP_API, required=True),
)


def aaa(facts: Facts = SELLER, **changes: object) -> Facts:
    return replace(facts, aaa=replace(facts.aaa, **changes))


def selling_partner(facts: Facts = SELLER, **changes: object) -> Facts:
    return replace(facts, selling_partner=replace(facts.selling_partner, **changes))


def sync(facts: Facts = SELLER, **changes: object) -> Facts:
    return replace(facts, sync=replace(facts.sync, **changes))


def word(facts: Facts, now: datetime = NOW) -> Headline:
    return headline(facts, now).headline


def reason(facts: Facts, now: datetime = NOW) -> Reason | None:
    return headline(facts, now).reason


# One test per row of the table of headlines.


def test_an_account_someone_disconnected_is_disconnected_whatever_else_is_wrong():
    facts = replace(aaa(refused_at=NOW - DAY), disconnected_at=NOW - DAY, paused_at=NOW - DAY)

    assert word(facts) is Headline.DISCONNECTED
    assert headline(facts, NOW).changes_at is None
    assert assess(facts, NOW).selling_partner is ChannelStatus.NOT_CONNECTED


def test_an_account_someone_paused_is_paused_and_so_are_its_channels():
    found = assess(replace(aaa(refused_at=NOW - DAY), paused_at=NOW - DAY), NOW)

    assert found.verdict.headline is Headline.PAUSED
    assert found.aaa is found.selling_partner is ChannelStatus.PAUSED


def test_an_account_we_have_stopped_hearing_about_is_unknown_from_72_hours_on():
    facts = replace(sync(oldest_success_at=NOW - HOUR), observed_at=NOW - 72 * HOUR)

    assert (word(facts), reason(facts)) == (Headline.UNKNOWN, Reason.TELEMETRY_STALE)
    assert word(facts, NOW - SECOND) is Headline.HEALTHY
    assert assess(facts, NOW).aaa is ChannelStatus.UNKNOWN


def test_a_failure_inside_an_amazon_incident_is_amazons():
    facts = aaa(problem=Reason.PERMISSION_LOST, incident=True)

    assert (word(facts), reason(facts)) == (Headline.AMAZON_INCIDENT, Reason.AMAZON_OUTAGE)
    assert headline(facts, NOW).channel is Channel.AAA


@pytest.mark.parametrize(
    "fault", [Reason.OUR_SECRET_REFUSED, Reason.OUR_FAULT, Reason.AUTHORIZATION_CAP]
)
def test_what_is_our_fault_is_our_fix_also_before_the_account_is_connected(fault):
    for facts in (aaa(problem=fault), aaa(FRESH, problem=fault), sync(failing=fault)):
        assert (word(facts), reason(facts)) == (Headline.OUR_FIX, fault)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step.NOT_INVITED, Reason.NOT_INVITED),
        (Step.LINK_SENT, Reason.LINK_SENT),
        (Step.OPENED, Reason.LINK_OPENED),
        (Step.AT_AMAZON, Reason.AT_AMAZON),
    ],
)
def test_an_account_without_consent_is_not_connected_and_says_how_far_the_customer_got(
    step, expected
):
    facts = aaa(FRESH, step=step)

    assert (word(facts), reason(facts)) == (Headline.NOT_CONNECTED, expected)


def test_a_refused_consent_needs_reconnect():
    facts = aaa(refused_at=NOW - HOUR)

    assert (word(facts), reason(facts)) == (Headline.NEEDS_RECONNECT, Reason.CONSENT_REVOKED)
    assert assess(facts, NOW).aaa is ChannelStatus.NEEDS_RECONNECT
    assert assess(facts, NOW).selling_partner is ChannelStatus.CONNECTED


def test_a_working_consent_that_lacks_a_permission_needs_permission():
    facts = aaa(problem=Reason.VIEW_ONLY)

    assert (word(facts), reason(facts)) == (Headline.NEEDS_PERMISSION, Reason.VIEW_ONLY)
    assert assess(facts, NOW).aaa is ChannelStatus.NEEDS_PERMISSION


def test_work_without_progress_for_two_hours_is_stuck():
    facts = sync(working=True, progressed_at=NOW - 2 * HOUR)

    assert (word(facts), reason(facts)) == (Headline.STUCK, Reason.SYNC_STALLED)
    assert word(facts, NOW - SECOND) is Headline.HEALTHY


def test_an_account_with_nothing_to_do_is_not_stuck_however_old_its_last_heartbeat():
    assert word(sync(progressed_at=NOW - 9 * DAY)) is Headline.HEALTHY


def test_a_sync_that_fails_for_good_is_stuck():
    facts = sync(failing=Reason.SYNC_FAILING)

    assert (word(facts), reason(facts)) == (Headline.STUCK, Reason.SYNC_FAILING)


def test_data_over_the_freshness_target_is_late():
    facts = sync(oldest_success_at=NOW - 24 * HOUR)

    assert (word(facts), reason(facts)) == (Headline.LATE, Reason.DATA_LATE)
    assert word(facts, NOW - SECOND) is Headline.HEALTHY


def test_a_first_sync_over_48_hours_is_late():
    facts = replace(SELLER, sync=SyncFacts(connected_at=NOW - 48 * HOUR))

    assert (word(facts), reason(facts)) == (Headline.LATE, Reason.FIRST_SYNC_OVERDUE)
    assert word(facts, NOW - SECOND) is Headline.FIRST_SYNC


def test_a_first_sync_is_at_risk_from_when_it_is_too_likely_to_miss_48_hours():
    facts = replace(SELLER, sync=replace(FIRST, risky_from=NOW))

    assert (word(facts), reason(facts)) == (Headline.AT_RISK, Reason.FIRST_SYNC_AT_RISK)
    assert word(facts, NOW - SECOND) is Headline.FIRST_SYNC
    assert headline(facts, NOW - SECOND).changes_at == NOW
    assert word(facts, NOW + 47 * HOUR) is Headline.LATE


def test_a_first_sync_in_flight_says_by_when_it_is_promised():
    facts = replace(SELLER, sync=FIRST)
    end = NOW + 47 * HOUR

    assert [assess(facts, at).promised_by for at in (NOW, end, end + DAY)] == [end] * 3
    assert assess(sync(facts, failing=Reason.SYNC_FAILING), NOW).promised_by == end
    assert assess(aaa(facts, problem=Reason.AMAZON_OUTAGE), NOW).promised_by == end
    # Nothing is in flight of what has arrived, what waits for the customer, or what was paused.
    for other in (SELLER, aaa(facts, refused_at=NOW), replace(facts, paused_at=NOW)):
        assert assess(other, NOW).promised_by is None


def test_a_first_sync_inside_48_hours_is_nobodys_to_act_on():
    facts = replace(SELLER, sync=FIRST)

    assert (word(facts), headline(facts, NOW).actor) == (Headline.FIRST_SYNC, Actor.NOBODY)


def test_a_consent_that_ends_within_30_days_is_expiring():
    facts = selling_partner(expires_at=NOW + 30 * DAY)

    assert (word(facts), reason(facts)) == (Headline.EXPIRING, Reason.CONSENT_EXPIRING)
    assert assess(facts, NOW).selling_partner is ChannelStatus.EXPIRING
    assert word(facts, NOW - SECOND) is Headline.HEALTHY


def test_an_account_of_which_all_works_is_healthy_without_a_reason():
    found = assess(SELLER, NOW)

    assert (found.verdict.headline, found.verdict.reason) == (Headline.HEALTHY, None)
    assert found.aaa is found.selling_partner is ChannelStatus.CONNECTED


# Every reason leads where the playbook expects it.

CARRIED: dict[Reason, Facts] = {
    Reason.DISCONNECTED: replace(SELLER, disconnected_at=NOW),
    Reason.PAUSED: replace(SELLER, paused_at=NOW),
    Reason.TELEMETRY_STALE: replace(SELLER, observed_at=NOW - 4 * DAY),
    Reason.TELEMETRY_CONTRADICTORY: sync(FRESH, first_synced_at=NOW - DAY),
    Reason.AMAZON_OUTAGE: aaa(problem=Reason.AMAZON_OUTAGE),
    Reason.THROTTLED: sync(oldest_success_at=NOW - 2 * DAY, throttled=True),
    Reason.NOT_INVITED: FRESH,
    Reason.LINK_SENT: aaa(FRESH, step=Step.LINK_SENT),
    Reason.LINK_OPENED: aaa(FRESH, step=Step.OPENED),
    Reason.AT_AMAZON: aaa(FRESH, step=Step.AT_AMAZON),
    Reason.SYNC_STALLED: sync(working=True, progressed_at=NOW - DAY),
    Reason.SYNC_FAILING: sync(failing=Reason.SYNC_FAILING),
    Reason.FIRST_SYNC_OVERDUE: replace(SELLER, sync=SyncFacts(connected_at=NOW - 3 * DAY)),
    Reason.DATA_LATE: sync(oldest_success_at=NOW - 2 * DAY),
    Reason.FIRST_SYNC_AT_RISK: replace(SELLER, sync=replace(FIRST, risky_from=NOW - MINUTE)),
    Reason.FIRST_SYNC: replace(SELLER, sync=FIRST),
    Reason.CONSENT_EXPIRING: selling_partner(expires_at=NOW + DAY),
    **{each: aaa(problem=each) for each in OURS | RECONNECT | PERMISSION},
    **{each: aaa(FRESH, problem=each) for each in ATTEMPT},
}


def test_every_reason_but_the_mere_warnings_decides_some_headline():
    assert set(Reason) - set(CARRIED) == WARNINGS - {Reason.THROTTLED}


@pytest.mark.parametrize("why_so", sorted(CARRIED))
def test_the_playbook_sends_the_same_person_as_the_headline(why_so):
    verdict = headline(CARRIED[why_so], NOW)

    assert verdict.reason is why_so
    assert verdict.actor is playbook()[why_so].actor


@pytest.mark.parametrize("why_so", sorted(ATTEMPT | RECONNECT | PERMISSION))
def test_what_keeps_a_customer_from_connecting_is_named(why_so):
    verdict = headline(aaa(FRESH, problem=why_so), NOW)

    assert (verdict.headline, verdict.reason) == (Headline.NOT_CONNECTED, why_so)


# What the rows leave open.


def test_a_grant_known_dead_needs_reconnect_even_inside_an_amazon_incident():
    for facts in (
        aaa(refused_at=NOW - DAY, problem=Reason.CONSENT_REVOKED, incident=True),
        aaa(
            selling_partner(refused_at=NOW - DAY),
            problem=Reason.AMAZON_OUTAGE,
            incident=True,
        ),
    ):
        assert word(facts) is Headline.NEEDS_RECONNECT


def test_a_failing_sync_inside_an_amazon_incident_is_amazons_but_the_flag_alone_is_not():
    assert word(aaa(sync(failing=Reason.SYNC_FAILING), incident=True)) is Headline.AMAZON_INCIDENT
    assert word(aaa(incident=True)) is Headline.HEALTHY


def test_a_consent_lapses_by_time_alone():
    facts = selling_partner(expires_at=NOW)

    assert reason(facts) is Reason.CONSENT_LAPSED
    assert word(facts, NOW - SECOND) is Headline.EXPIRING
    assert headline(facts, NOW - SECOND).changes_at == NOW


def test_without_a_stored_end_an_sp_api_consent_lapses_after_365_days_and_aaa_never_does():
    old = NOW - 365 * DAY

    assert reason(selling_partner(consented_at=old)) is Reason.CONSENT_LAPSED
    assert word(aaa(consented_at=old, expires_at=old + DAY)) is Headline.HEALTHY


def test_a_refusal_before_the_end_is_a_revocation_and_stays_one():
    facts = selling_partner(expires_at=NOW, refused_at=NOW - DAY)

    assert reason(facts, NOW - MINUTE) is reason(facts) is Reason.CONSENT_REVOKED
    after = selling_partner(expires_at=NOW - DAY, refused_at=NOW - HOUR)
    assert reason(after) is Reason.CONSENT_LAPSED


@pytest.mark.parametrize("identity", [Reason.WRONG_LOGIN, Reason.MERCHANT_MISMATCH])
def test_a_consent_of_the_wrong_identity_needs_reconnect(identity):
    facts = selling_partner(problem=identity)

    assert (word(facts), reason(facts)) == (Headline.NEEDS_RECONNECT, identity)
    assert assess(facts, NOW).selling_partner is ChannelStatus.NEEDS_RECONNECT


def test_an_account_with_one_channel_missing_names_that_channel_and_how_the_attempt_ended():
    facts = selling_partner(consented_at=None, problem=Reason.CANCELLED, step=Step.OPENED)

    verdict = headline(facts, NOW)

    assert (verdict.headline, verdict.reason) == (Headline.NOT_CONNECTED, Reason.CANCELLED)
    assert verdict.channel is Channel.SP_API


def test_a_cancelled_reconnection_leaves_a_good_consent_as_it_was():
    assert word(aaa(problem=Reason.CANCELLED, incident=True)) is Headline.HEALTHY
    assert assess(aaa(problem=Reason.CANCELLED), NOW).aaa is ChannelStatus.CONNECTED


def test_a_customer_back_at_amazon_to_reconnect_leaves_the_channel_as_it_was():
    assert assess(aaa(step=Step.AT_AMAZON), NOW).aaa is ChannelStatus.CONNECTED


def test_of_several_troubles_the_first_in_the_table_is_the_headline():
    facts = sync(oldest_success_at=NOW - 9 * DAY, working=True, progressed_at=NOW - DAY)
    assert word(facts) is Headline.STUCK

    facts = aaa(facts, problem=Reason.VIEW_ONLY)
    assert word(facts) is Headline.NEEDS_PERMISSION

    facts = selling_partner(facts, refused_at=NOW - DAY)
    assert (word(facts), headline(facts, NOW).channel) == (Headline.NEEDS_RECONNECT, Channel.SP_API)

    facts = aaa(facts, consented_at=None)
    assert word(facts) is Headline.NOT_CONNECTED

    facts = sync(facts, failing=Reason.OUR_FAULT)
    assert word(facts) is Headline.OUR_FIX


@pytest.mark.parametrize("warning", [Reason.SUSPENDED, Reason.PAYMENT_PROBLEM, Reason.THROTTLED])
def test_a_warning_changes_neither_headline_nor_channel(warning):
    for facts in (aaa(warning=warning), aaa(problem=warning, incident=True)):
        assert assess(facts, NOW) == assess(SELLER, NOW)


def test_late_while_amazon_throttles_is_amazons_to_act_on():
    for late in (
        sync(oldest_success_at=NOW - 2 * DAY, throttled=True),
        replace(SELLER, sync=SyncFacts(connected_at=NOW - 3 * DAY, throttled=True)),
    ):
        verdict = headline(late, NOW)
        assert (verdict.headline, verdict.actor) == (Headline.LATE, Actor.AMAZON)
        assert verdict.reason is Reason.THROTTLED


def test_throttling_alone_is_not_late():
    assert word(sync(throttled=True)) is Headline.HEALTHY


def test_the_first_sync_clock_starts_with_the_last_required_consent_if_nothing_else_is_said():
    facts = aaa(replace(SELLER, sync=SyncFacts()), consented_at=NOW - 5 * DAY)
    facts = selling_partner(facts, consented_at=NOW - HOUR)

    assert word(facts) is Headline.FIRST_SYNC
    assert headline(facts, NOW).changes_at == NOW + 47 * HOUR


def test_a_marketplace_added_later_that_never_synced_does_not_leave_the_account_healthy():
    added = sync(oldest_success_at=None)

    assert word(added) is Headline.LATE
    assert word(sync(added, first_synced_at=NOW - HOUR)) is Headline.FIRST_SYNC


ADDED = sync(oldest_success_at=None, others_success_at=NOW - HOUR, waiting_since=NOW - HOUR)


def test_a_marketplace_added_later_has_48_hours_of_its_own_while_the_others_are_fresh():
    assert (word(ADDED), reason(ADDED)) == (Headline.FIRST_SYNC, Reason.FIRST_SYNC)
    assert headline(ADDED, NOW).changes_at == NOW + 23 * HOUR

    fresh = sync(ADDED, waiting_since=NOW - 48 * HOUR)
    assert (word(fresh), reason(fresh)) == (Headline.LATE, Reason.FIRST_SYNC_OVERDUE)
    assert word(fresh, NOW - SECOND) is Headline.FIRST_SYNC
    assert headline(fresh, NOW - SECOND).changes_at == NOW

    assert word(sync(ADDED, risky_from=NOW)) is Headline.AT_RISK


def test_a_marketplace_added_later_does_not_excuse_the_others():
    facts = sync(ADDED, others_success_at=NOW - 24 * HOUR)

    assert (word(facts), reason(facts)) == (Headline.LATE, Reason.DATA_LATE)
    assert word(facts, NOW - SECOND) is Headline.FIRST_SYNC


def test_streams_that_all_came_anew_have_48_hours_from_then_on():
    assert word(sync(ADDED, others_success_at=None)) is Headline.FIRST_SYNC


def test_a_stream_that_waited_for_its_channel_has_48_hours_from_the_connection_on():
    facts = sync(ADDED, connected_at=NOW - HOUR, waiting_since=NOW - 90 * DAY)

    assert word(facts) is Headline.FIRST_SYNC
    assert word(replace(facts, sync=replace(facts.sync, first_synced_at=None))) is (
        Headline.FIRST_SYNC
    )


def test_a_connected_account_we_never_had_a_report_of_is_unknown():
    assert reason(replace(SELLER, observed_at=None)) is Reason.TELEMETRY_STALE


def test_an_account_never_connected_needs_no_reports():
    assert word(FRESH) is Headline.NOT_CONNECTED
    assert word(replace(FRESH, observed_at=NOW - 100 * DAY)) is Headline.NOT_CONNECTED


@pytest.mark.parametrize(
    "facts",
    [
        sync(oldest_success_at=NOW + 5 * MINUTE + SECOND),
        replace(SELLER, observed_at=NOW + HOUR),
        sync(FRESH, first_synced_at=NOW - DAY),
        sync(FRESH, oldest_success_at=NOW - DAY),
        aaa(problem=Reason.FIRST_SYNC),
        aaa(VENDOR, required=False),
    ],
    ids=["future success", "future report", "synced", "success", "no finding", "none required"],
)
def test_facts_that_cannot_all_be_true_are_unknown(facts):
    assert (word(facts), reason(facts)) == (Headline.UNKNOWN, Reason.TELEMETRY_CONTRADICTORY)


def test_clocks_may_differ_by_five_minutes():
    facts = sync(oldest_success_at=NOW + 5 * MINUTE)

    assert word(facts) is Headline.HEALTHY
    assert headline(facts, NOW - SECOND).changes_at == NOW


def test_a_vendor_needs_no_sp_api():
    found = assess(VENDOR, NOW)

    assert found.verdict.headline is Headline.HEALTHY
    assert found.selling_partner is ChannelStatus.NOT_REQUIRED
    at_amazon = selling_partner(VENDOR, step=Step.AT_AMAZON)
    assert assess(at_amazon, NOW).selling_partner is ChannelStatus.AT_AMAZON


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ChannelStatus.CONNECTED),
        ({"refused_at": NOW - DAY}, ChannelStatus.NEEDS_RECONNECT),
        ({"expires_at": NOW}, ChannelStatus.NEEDS_RECONNECT),
        ({"expires_at": NOW + DAY}, ChannelStatus.EXPIRING),
        ({"problem": Reason.ROLE_ADDED}, ChannelStatus.NEEDS_PERMISSION),
        ({"problem": Reason.OUR_SECRET_REFUSED}, ChannelStatus.UNKNOWN),
        ({"problem": Reason.ROLE_ADDED, "incident": True}, ChannelStatus.UNKNOWN),
    ],
)
def test_trouble_with_a_vendors_sp_api_shows_on_the_channel_only(changes, expected):
    facts = selling_partner(VENDOR, consented_at=NOW - 100 * DAY, **changes)

    assert word(facts) is Headline.HEALTHY
    assert channel_status(facts, facts.selling_partner, NOW) is expected


def test_an_assessment_also_says_when_only_a_channel_or_the_age_band_changes():
    vendor = selling_partner(VENDOR, consented_at=NOW, expires_at=NOW + 30 * DAY + HOUR)
    assert assess(vendor, NOW).changes_at == NOW + HOUR

    facts = sync(oldest_success_at=NOW - 5 * HOUR)
    assert assess(facts, NOW).changes_at == NOW + HOUR
    assert assess(facts, NOW).verdict.changes_at == NOW + 19 * HOUR


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (timedelta(), AgeBand.UNDER_6_H),
        (6 * HOUR - SECOND, AgeBand.UNDER_6_H),
        (6 * HOUR, AgeBand.UNDER_12_H),
        (12 * HOUR, AgeBand.UNDER_24_H),
        (24 * HOUR, AgeBand.UNDER_48_H),
        (48 * HOUR, AgeBand.UNDER_7_D),
        (7 * DAY, AgeBand.OVER_7_D),
        (-HOUR, AgeBand.UNDER_6_H),
    ],
)
def test_an_age_on_an_edge_is_in_the_older_band(age, band):
    assert age_band(NOW - age, NOW) is band


def test_an_account_that_never_synced_has_a_band_of_its_own():
    assert age_band(None, NOW) is AgeBand.NEVER


def test_limits_move_the_edges():
    facts = sync(oldest_success_at=NOW - 3 * HOUR)

    assert headline(facts, NOW, Limits(freshness=3 * HOUR)).headline is Headline.LATE


def test_headlines_sort_by_urgency_and_only_those_out_of_use_or_well_need_nothing():
    assert len(set(SEVERITY.values())) == len(SEVERITY) == len(Headline)
    assert {each for each in Headline if SEVERITY[each] <= 0} == {
        Headline.DISCONNECTED,
        Headline.PAUSED,
        Headline.HEALTHY,
    }
    assert min(SEVERITY[each] for each in BROKEN) > SEVERITY[Headline.EXPIRING]


def test_why_gives_the_rule_and_the_values_it_used():
    values = dict(why(selling_partner(expires_at=NOW - DAY), NOW))

    assert values["Rule"] == headline(selling_partner(expires_at=NOW - DAY), NOW).rule
    assert values["Channel"] == "SP-API"
    assert values["Consent ends"] == NOW - DAY
    assert dict(why(sync(oldest_success_at=NOW - 2 * DAY), NOW))["Late from"] == NOW - DAY
    assert dict(why(replace(SELLER, paused_at=NOW), NOW))["Paused"] == NOW


def test_why_tells_of_a_first_sync_what_it_waits_for_and_until_when():
    values = dict(why(sync(ADDED, waiting_since=NOW - 2 * HOUR), NOW))

    assert values["Waiting for a first success since"] == NOW - 2 * HOUR
    assert values["Oldest success of the others"] == NOW - HOUR
    assert values["First sync promised by"] == NOW + 46 * HOUR
    assert values["Late from"] == NOW + 23 * HOUR


# What holds for every account there can be.

EDGES = [0, 300, -60, -7200, *(-3600 * each for each in (1, 6, 12, 24, 48, 72, 168)), -365 * 86400]
BETWEEN = [-1800, -5000, -20_000, -40_000, -80_000, -150_000, -240_000, -86_400 * 40, -86_400 * 340]
PAST = [NOW + (edge + beside) * SECOND for edge in EDGES for beside in (-1, 0, 1)]
PAST += [NOW + seconds * SECOND for seconds in BETWEEN]
FUTURE = [NOW + days * DAY for days in (0, 1, 2, 29, 30, 31, 200)] + [NOW + SECOND, NOW + HOUR]


def mostly(instants: list[datetime]) -> st.SearchStrategy[datetime | None]:
    """One of these instants, sometimes none."""
    return st.sampled_from([*instants, *[None] * (len(instants) // 5)])


def rarely(instants: list[datetime]) -> st.SearchStrategy[datetime | None]:
    """None, and now and then one of these instants."""
    return st.sampled_from([None] * (4 * len(instants)) + instants)


REASONS = st.sampled_from([None] * (2 * len(Reason)) + list(Reason))


def channels(
    channel: Channel, required: st.SearchStrategy[bool]
) -> st.SearchStrategy[ChannelFacts]:
    return st.builds(
        ChannelFacts,
        channel=st.just(channel),
        required=required,
        consented_at=mostly(PAST),
        expires_at=mostly(PAST + FUTURE),
        refused_at=rarely(PAST),
        step=st.sampled_from(Step),
        problem=REASONS,
        problem_since=rarely(PAST),
        warning=REASONS,
        incident=st.sampled_from([False, False, False, True]),
    )


SYNCS = st.builds(
    SyncFacts,
    connected_at=mostly(PAST),
    first_synced_at=mostly(PAST),
    oldest_success_at=mostly(PAST),
    others_success_at=mostly(PAST),
    waiting_since=mostly(PAST),
    working=st.booleans(),
    progressed_at=mostly(PAST),
    failing=REASONS,
    throttled=st.booleans(),
    risky_from=rarely(PAST + FUTURE),
)


@st.composite
def accounts(draw: st.DrawFn) -> Facts:
    kind = draw(st.sampled_from(AccountType))
    return Facts(
        type=kind,
        aaa=draw(channels(Channel.AAA, st.just(True))),
        selling_partner=draw(channels(Channel.SP_API, st.just(kind is AccountType.SELLER))),
        sync=draw(SYNCS),
        paused_at=draw(rarely(PAST)),
        disconnected_at=draw(rarely(PAST)),
        observed_at=draw(mostly(PAST)),
    )


@st.composite
def sound_accounts(draw: st.DrawFn) -> Facts:
    """Healthy accounts, or in their first sync, with up to three things changed."""
    facts = draw(st.sampled_from([SELLER, VENDOR, ADDED, replace(SELLER, sync=FIRST)]))
    changes = st.one_of(
        st.tuples(st.just("problem"), st.sampled_from(Reason)),
        st.tuples(st.sampled_from(["consented_at", "expires_at"]), mostly(PAST + FUTURE)),
        st.tuples(st.just("refused_at"), st.sampled_from(PAST)),
        st.tuples(st.just("step"), st.sampled_from(Step)),
        st.tuples(st.just("incident"), st.just(True)),
        st.tuples(st.sampled_from(["oldest_success_at", "connected_at"]), mostly(PAST)),
        st.tuples(st.sampled_from(["others_success_at", "waiting_since"]), mostly(PAST)),
        st.tuples(st.just("progressed_at"), st.sampled_from(PAST)),
        st.tuples(st.just("risky_from"), st.sampled_from(PAST + FUTURE)),
        st.tuples(st.just("failing"), st.sampled_from(Reason)),
        st.tuples(st.just("throttled"), st.just(True)),
        st.tuples(st.just("observed_at"), mostly(PAST)),
    )
    facts = sync(facts, working=draw(st.booleans()))
    for name, value in draw(st.lists(changes, max_size=3)):
        if name == "observed_at":
            facts = replace(facts, observed_at=value)
        elif hasattr(facts.sync, name):
            facts = sync(facts, **{name: value})
        else:
            facts = draw(st.sampled_from([aaa, selling_partner]))(facts, **{name: value})
    return facts


ACCOUNTS = st.one_of(sound_accounts(), sound_accounts(), accounts())
many = settings(max_examples=200, deadline=None)

HARMLESS = {None, "suspended", "payment_problem", "throttled", "data_not_ready"}
HARMLESS_BESIDE_CONSENT = HARMLESS | {"cancelled", "abandoned", "code_expired"}


def is_surely_broken(channel: ChannelFacts, now: datetime) -> bool:
    """Whether a channel cannot be delivering, told from the facts alone."""
    if channel.consented_at is None or channel.refused_at is not None:
        return True
    if channel.channel == "SP-API":
        end = channel.expires_at or channel.consented_at + timedelta(days=365)
        if end <= now:
            return True
    return channel.problem not in HARMLESS_BESIDE_CONSENT


@many
@given(ACCOUNTS)
def test_every_account_has_one_headline_and_the_actor_of_the_table(facts):
    verdict = headline(facts, NOW)

    throttled = verdict.headline == "Late" and facts.sync.throttled
    assert verdict.actor == ("Amazon" if throttled else WHO_ACTS[verdict.headline])
    assert (verdict.reason is None) is (verdict.headline is Headline.HEALTHY)
    assert verdict.rule.endswith(".")
    assert why(facts, NOW)[0] == ("Rule", verdict.rule)


@many
@given(ACCOUNTS)
def test_the_playbook_names_the_same_actor_as_the_headline(facts):
    verdict = headline(facts, NOW)

    assert verdict.reason is None or playbook()[verdict.reason].actor is verdict.actor


@many
@given(ACCOUNTS)
def test_a_headline_that_sounds_well_never_hides_a_broken_required_channel(facts):
    verdict = headline(facts, NOW)

    if verdict.headline in {"Healthy", "Expiring", "First sync", "At risk", "Late", "Stuck"}:
        required = [each for each in (facts.aaa, facts.selling_partner) if each.required]
        assert not any(is_surely_broken(each, NOW) for each in required)
    if verdict.headline in {"Healthy", "Expiring"}:
        assert facts.sync.oldest_success_at > NOW - timedelta(hours=24)
        assert facts.observed_at > NOW - timedelta(hours=72)
        assert facts.sync.failing is None


@many
@given(ACCOUNTS)
def test_an_optional_channel_never_breaks_an_account(facts):
    optional = replace(facts, selling_partner=replace(facts.selling_partner, required=False))
    absent = replace(optional, selling_partner=VENDOR.selling_partner)

    found = {headline(each, NOW).headline for each in (optional, absent)}

    # Its facts still count as evidence of whether we hear of the account at all.
    assert len(found) == 1 or Headline.UNKNOWN in found


def lasting(found: Assessment) -> Assessment:
    """The assessment without the moments that are said about its future."""
    return replace(found, verdict=replace(found.verdict, changes_at=None), changes_at=None)


@many
@given(ACCOUNTS, st.lists(st.floats(0, 1), max_size=8))
def test_the_headline_changes_at_the_moment_it_says_and_not_before(facts, between):
    verdict = headline(facts, NOW)
    end = verdict.changes_at or NOW + 1000 * DAY
    seconds = int((end - NOW).total_seconds()) - 1

    if verdict.changes_at is not None:
        assert word(facts, end) is not verdict.headline
    for part in (1.0, *between):
        earlier = headline(facts, NOW + int(part * seconds) * SECOND)
        assert earlier.headline is verdict.headline
        assert earlier.changes_at == verdict.changes_at


@many
@given(ACCOUNTS, st.lists(st.floats(0, 1), max_size=8))
def test_an_assessment_changes_at_the_moment_it_says_and_not_before(facts, between):
    found = assess(facts, NOW)
    end = found.changes_at or NOW + 1000 * DAY
    seconds = int((end - NOW).total_seconds()) - 1

    if found.changes_at is not None:
        assert lasting(assess(facts, end)) != lasting(found)
    for part in (1.0, *between):
        assert assess(facts, NOW + int(part * seconds) * SECOND) == found


@many
@given(ACCOUNTS)
def test_an_account_left_alone_comes_to_rest(facts):
    moment, changes = assess(facts, NOW).changes_at, 0
    while moment is not None:
        moment, changes = assess(facts, moment).changes_at, changes + 1

    assert changes <= 12
