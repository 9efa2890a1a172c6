"""When cases open, stay, close and open again, whatever their accounts go through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import cases
from dashboard.cases import ACTIVE, BLIND, CLEAN, LET_GO, SETTLED, STEPS, Life, Place, Seen, State
from dashboard.diagnosis import Actor, Reason
from dashboard.settings import Settings
from dashboard.status import ACTORS, Headline

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = cases.terms()
REVOKED = Seen(
    Headline.NEEDS_RECONNECT, Actor.CUSTOMER, Reason.CONSENT_REVOKED, NOW, NOW, NOW - 99 * DAY
)
STUCK = Seen(Headline.STUCK, Actor.US, Reason.SYNC_STALLED, NOW, NOW, NOW - 99 * DAY)
WELL = Seen(Headline.HEALTHY, Actor.NOBODY, None, NOW, NOW, NOW - 99 * DAY)


def through(reason: Reason, *seen: tuple[datetime, Seen], life: Life | None = None) -> Life:
    life = life or Life()
    for at, each in seen:
        life = cases.follow(life, reason, each, at, TERMS)
    return life


def well(at: datetime, **facts: object) -> tuple[datetime, Seen]:
    """The account is well, as a report of this moment tells."""
    return at, replace(WELL, since=at, reported_at=at, **facts)  # type: ignore[arg-type]


OPEN = through(Reason.SYNC_STALLED, (NOW, STUCK))


def test_what_we_must_mend_is_a_case_at_once() -> None:
    assert (OPEN.state, OPEN.times, OPEN.opened_at) == (State.OPEN, 1, NOW)
    assert OPEN.deadline_at == NOW + 4 * HOUR


def test_a_customer_is_waited_for_before_a_case_opens() -> None:
    waiting = through(Reason.CONSENT_REVOKED, (NOW, REVOKED))
    assert (waiting.state, waiting.opens_at, waiting.times) == (State.EXPECTED, NOW + DAY, 0)
    assert cases.look_at(waiting, NOW) == NOW + DAY

    late = through(Reason.CONSENT_REVOKED, (NOW + 3 * DAY, REVOKED), life=waiting)

    assert (late.state, late.opened_at, late.deadline_at) == (
        State.OPEN, NOW + DAY, NOW + 2 * DAY,
    )  # fmt: skip


def test_a_customer_who_acts_in_time_was_never_a_case() -> None:
    life = through(Reason.CONSENT_REVOKED, (NOW, REVOKED), well(NOW + HOUR))
    assert (life.state, life.times) == (State.CLOSED, 0)


def test_nobody_is_waited_for_where_only_amazon_can_act() -> None:
    throttled = replace(STUCK, headline=Headline.LATE, actor=Actor.AMAZON, reason=Reason.THROTTLED)
    assert through(Reason.THROTTLED, (NOW, throttled)) == Life()


def test_a_new_consent_closes_a_case_at_once() -> None:
    consented = well(NOW + HOUR, consented_at=NOW + HOUR)
    life = through(Reason.SYNC_STALLED, consented, life=OPEN)
    assert (life.state, life.closed_at) == (State.CLOSED, NOW + HOUR)


def test_otherwise_two_clean_checks_close_it() -> None:
    once = through(Reason.SYNC_STALLED, well(NOW + HOUR), life=OPEN)
    assert (once.state, once.clean, once.gone_at) == (State.CLEARING, 1, NOW + HOUR)

    again = (NOW + 2 * HOUR, well(NOW + HOUR)[1])
    assert through(Reason.SYNC_STALLED, again, life=once) == once, "the same check counts once"

    twice = through(Reason.SYNC_STALLED, well(NOW + 3 * HOUR), life=once)
    assert (twice.state, twice.closed_at) == (State.CLOSED, NOW + 3 * HOUR)


def test_what_is_gone_by_time_alone_was_not_checked_yet() -> None:
    life = through(Reason.SYNC_STALLED, (NOW + HOUR, replace(WELL, reported_at=NOW)), life=OPEN)
    assert (life.state, life.clean) == (State.CLEARING, 0)


@pytest.mark.parametrize("headline", sorted(BLIND))
def test_checks_that_see_nothing_are_not_clean(headline: Headline) -> None:
    blind = replace(WELL, headline=headline, actor=ACTORS[headline])
    life = OPEN
    for hours in range(1, 6):
        at = NOW + hours * HOUR
        life = through(Reason.SYNC_STALLED, (at, replace(blind, reported_at=at)), life=life)
    assert (life.state, life.clean) == (State.CLEARING, 0)


@pytest.mark.parametrize("headline", sorted(LET_GO))
def test_an_account_that_is_paused_or_given_up_has_no_cases(headline: Headline) -> None:
    away = replace(WELL, headline=headline, reported_at=None)
    assert through(Reason.SYNC_STALLED, (NOW + HOUR, away), life=OPEN).state is State.CLOSED


@pytest.mark.parametrize("reason", sorted(STEPS))
def test_a_step_the_customer_has_gone_beyond_needs_no_check(reason: Reason) -> None:
    at_it = Seen(Headline.NOT_CONNECTED, Actor.CUSTOMER, reason, NOW)
    beyond = replace(at_it, reason=Reason.CONSENT_REVOKED)
    life = through(reason, (NOW + 9 * DAY, at_it), (NOW + 10 * DAY, beyond))
    assert (life.state, life.times) == (State.CLOSED, 1)


def test_what_comes_back_between_two_checks_never_was_gone() -> None:
    life = through(Reason.SYNC_STALLED, well(NOW + HOUR), (NOW + 2 * HOUR, STUCK), life=OPEN)
    assert life == OPEN


def test_a_reason_that_comes_back_opens_the_same_case_again() -> None:
    gone = through(Reason.SYNC_STALLED, well(NOW + HOUR), well(NOW + 2 * HOUR), life=OPEN)
    back = replace(STUCK, since=NOW + 9 * HOUR)
    life = through(Reason.SYNC_STALLED, (NOW + 9 * HOUR, back), life=gone)
    assert (life.state, life.times, life.opened_at) == (State.OPEN, 2, NOW + 9 * HOUR)
    assert (life.closed_at, life.clean) == (None, 0)


def test_terms_of_a_reason_go_before_those_of_its_headline() -> None:
    ours = cases.terms({"Needs reconnect": 5, "consent_lapsed": 2}, {"consent_lapsed": 1})
    assert ours.wait(Reason.CONSENT_REVOKED, Headline.NEEDS_RECONNECT) == 5 * DAY
    assert ours.wait(Reason.CONSENT_LAPSED, Headline.NEEDS_RECONNECT) == 2 * DAY
    assert ours.wait(Reason.NOT_INVITED, Headline.NOT_CONNECTED) == 3 * DAY
    assert ours.deadline(Reason.CONSENT_LAPSED, Headline.NEEDS_RECONNECT) == HOUR


def test_settings_refuse_terms_for_what_there_is_not() -> None:
    chosen = Settings(_env_file=None, case_wait_days={"Stuk": 1}, case_deadline_hours={"Late": 0})
    said = " ".join(chosen.problems())
    assert "CASE_WAIT_DAYS" in said
    assert "CASE_DEADLINE_HOURS" in said


@pytest.mark.parametrize(
    ("hours", "size", "rank"),
    [(-4, 1, -240), (-4, 10, -24), (-4, 1000, 0), (0, 3, 3), (2, 1, 120), (2, 10, 1200)],
)
def test_rank_is_time_over_the_deadline_times_the_size_of_the_customer(
    hours: int, size: int, rank: int
) -> None:
    life = replace(OPEN, deadline_at=NOW)
    assert cases.rank(life, size, NOW + hours * HOUR) == rank


def test_a_case_whose_reason_seems_gone_stands_last() -> None:
    gone = through(Reason.SYNC_STALLED, well(NOW + HOUR), life=OPEN)
    assert cases.rank(gone, 5, NOW + 9 * DAY) == SETTLED


@pytest.mark.parametrize(
    ("state", "snoozed", "in_incident", "place"),
    [
        (State.OPEN, False, False, Place.QUEUE),
        (State.CLEARING, False, False, Place.QUEUE),
        (State.OPEN, True, True, Place.SNOOZED),
        (State.OPEN, False, True, Place.INCIDENT),
        (State.EXPECTED, True, True, Place.AWAY),
        (State.CLOSED, False, True, Place.AWAY),
    ],
)
def test_a_case_lies_on_one_heap(
    state: State, *, snoozed: bool, in_incident: bool, place: Place
) -> None:
    assert cases.place(Life(state), snoozed=snoozed, in_incident=in_incident) is place


REASONS = [
    Reason.SYNC_STALLED, Reason.DATA_LATE, Reason.CONSENT_REVOKED, Reason.LINK_SENT,
    Reason.OUR_FAULT,
]  # fmt: skip


@st.composite
def pasts(draw: st.DrawFn) -> list[tuple[datetime, Seen]]:
    """What an account goes through: at each moment a headline, with or without a new report."""
    at, past = NOW, []
    reported, consented = NOW, NOW - 99 * DAY
    for _ in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from([timedelta(minutes=5), HOUR, 9 * HOUR, 2 * DAY, 20 * DAY]))
        headline = draw(st.sampled_from(list(Headline)))
        reported = at if draw(st.booleans()) else reported
        consented = at if draw(st.integers(0, 4)) == 0 else consented
        reason = draw(st.sampled_from([None, *REASONS]))
        since = at if draw(st.booleans()) or not past else past[-1][1].since
        past.append((at, Seen(headline, ACTORS[headline], reason, since, reported, consented)))
    return past


@given(past=pasts(), reason=st.sampled_from(REASONS))
def test_whatever_happens_a_case_opens_and_closes_only_as_the_rule_says(
    past: list[tuple[datetime, Seen]], reason: Reason
) -> None:
    life, lives = Life(), []
    for at, seen in past:
        life = cases.follow(life, reason, seen, at, TERMS)
        lives.append((at, seen, life))
    for (_, _, before), (at, seen, after) in pairwise([(NOW, WELL, Life()), *lives]):
        there = seen.reason is reason and seen.actor in cases.ACTING
        opened = before.state not in ACTIVE and after.state in ACTIVE
        closed = before.state in ACTIVE and after.state is State.CLOSED
        assert after.times == before.times + opened
        if opened:
            assert there
            assert after.opened_at is not None
            assert after.opened_at <= at
            waited = at - seen.since >= TERMS.wait(reason, seen.headline)
            assert seen.actor is Actor.US or waited
        if closed:
            assert not there
            assert before.opened_at is not None
            assert seen.consented_at is not None
            by_consent = seen.consented_at > before.opened_at
            by_checks = before.clean + 1 >= CLEAN and seen.headline not in BLIND
            assert by_consent or by_checks or seen.headline in LET_GO or reason in STEPS
        if there and before.state in ACTIVE:
            assert after.state is State.OPEN, "a reason that is there keeps its case open"
        due = cases.look_at(after, at)
        assert (due is None) is (after.state is State.CLOSED)
        assert due is None or due > at, "looking at what is due comes to an end"


@given(past=pasts())
def test_looking_twice_at_the_same_changes_nothing(past: list[tuple[datetime, Seen]]) -> None:
    life = Life()
    for at, seen in past:
        life = cases.follow(life, Reason.SYNC_STALLED, seen, at, TERMS)
        assert cases.follow(life, Reason.SYNC_STALLED, seen, at, TERMS) == life
