"""Try again, or give up? Never because of what may be Amazon's trouble, or ours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.diagnosis import Channel, Reason
from dashboard.errors import (
    AccessRefused,
    AmazonDown,
    AmazonError,
    ClientRefused,
    GrantRefused,
    Malformed,
    Throttled,
)
from dashboard.signals import Finding
from dashboard.sync.retry import (
    LONGEST,
    LOOK_AGAIN,
    Doubt,
    History,
    after_error,
    backoff,
    believed,
    doubted,
    next_look,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
YOUNG, OLD = NOW - timedelta(days=100), NOW - timedelta(days=365)
MINUTE = timedelta(minutes=1)


def history(channel: Channel = Channel.SP_API, **more: object) -> History:
    return History(channel, **({"consented_at": YOUNG} | more))  # type: ignore[arg-type]


@given(
    failures=st.integers(0, 1000),
    chance=st.floats(0, 1),
    kind=st.sampled_from([AmazonDown, Malformed, Throttled, AccessRefused]),
    doubt=st.sampled_from([None, YOUNG]),
)
def test_trouble_puts_work_off_and_is_never_given_up(
    failures: int, chance: float, kind: type[AmazonError], doubt: datetime | None
) -> None:
    known = history(failures=failures, doubted_at=doubt)
    decision = after_error(kind("no"), known, NOW, chance)
    assert decision.reason is None
    assert decision.doubted_at == doubt, "a doubt is neither made nor forgotten"
    assert NOW + timedelta(seconds=30) <= decision.at <= NOW + LONGEST


def test_waits_grow_to_an_hour() -> None:
    waits = [backoff(each, 1.0) for each in range(10)]
    assert waits[:3] == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert waits[-1] == LONGEST


def test_amazons_wish_comes_first() -> None:
    error = Throttled("no", retry_after=1800.0)
    assert after_error(error, history(), NOW).at == NOW + 30 * MINUTE
    assert after_error(Throttled("no"), history(), NOW).at < NOW + MINUTE


def test_a_refused_consent_is_believed_the_second_time_minutes_later() -> None:
    error = GrantRefused("no", code="invalid_grant")
    first = after_error(error, history(), NOW)
    assert (first.reason, first.doubted_at, first.at) == (None, NOW, NOW + LOOK_AGAIN)
    known = history(doubted_at=NOW)

    soon = after_error(error, known, NOW + MINUTE)
    assert (soon.reason, soon.doubted_at, soon.at) == (None, NOW, NOW + LOOK_AGAIN)
    second = after_error(error, known, NOW + LOOK_AGAIN)
    assert (second.reason, second.doubted_at) == (Reason.CONSENT_REVOKED, NOW)


def test_nobodys_consent_is_said_to_be_dead_during_an_incident() -> None:
    known = history(doubted_at=NOW, incident=True)
    decision = after_error(GrantRefused("no"), known, NOW + timedelta(hours=3))
    assert (decision.reason, decision.doubted_at) == (None, NOW)
    assert after_error(GrantRefused("no"), history(incident=True), NOW).doubted_at is None


@pytest.mark.parametrize(
    ("channel", "consented_at", "reason"),
    [
        (Channel.SP_API, YOUNG, Reason.CONSENT_REVOKED),
        (Channel.SP_API, OLD, Reason.CONSENT_LAPSED),
        (Channel.AAA, OLD, Reason.CONSENT_REVOKED),
    ],
)
def test_only_the_age_of_a_selling_partners_consent_tells_a_lapse(
    channel: Channel, consented_at: datetime, reason: Reason
) -> None:
    known = history(channel, consented_at=consented_at, doubted_at=NOW - LOOK_AGAIN)
    assert after_error(GrantRefused("no"), known, NOW).reason is reason


def test_our_own_fault_is_said_at_once_and_tried_again() -> None:
    for error, reason in (
        (ClientRefused("no", code="invalid_client"), Reason.OUR_SECRET_REFUSED),
        (ClientRefused("no", code="unauthorized_client"), Reason.OUR_FAULT),
        (AmazonError("no", status=400), Reason.OUR_FAULT),
    ):
        decision = after_error(error, history(), NOW)
        assert decision.reason is reason
        assert decision.at <= NOW + MINUTE


def test_what_an_answer_shows_is_believed_when_it_is_seen_again() -> None:
    finding = Finding(Reason.PERMISSION_LOST)
    first = doubted(finding, None, NOW)
    assert first == Doubt(Reason.PERMISSION_LOST, NOW, 1)
    assert not believed(finding, first, None, NOW)
    assert next_look(finding, NOW, sure=False) == NOW + LOOK_AGAIN
    again = doubted(finding, first, NOW + MINUTE)
    assert again is not None
    assert not believed(finding, again, None, NOW + MINUTE), "too soon"
    assert believed(finding, again, None, NOW + LOOK_AGAIN)


def test_a_refusal_is_believed_after_longer_than_amazon_ever_refused_everybody() -> None:
    finding = Finding(Reason.ROLE_ADDED, refused=True)
    for times, minutes, sure in ((2, 60, False), (9, 25, False), (3, 30, True)):
        doubt = Doubt(Reason.ROLE_ADDED, NOW, times)
        assert believed(finding, doubt, None, NOW + minutes * MINUTE) is sure


def test_a_refusal_needs_its_proof_also_where_something_is_lacking_already() -> None:
    finding, first = (
        Finding(Reason.ROLE_ADDED, refused=True),
        Doubt(Reason.ROLE_ADDED, NOW, 1),
    )
    assert not believed(finding, first, Reason.CONSENT_REVOKED, NOW), "Amazon may refuse everybody"
    assert believed(finding, first, Reason.ROLE_ADDED, NOW)
    proved = Doubt(Reason.ROLE_ADDED, NOW, 3)
    assert believed(finding, proved, Reason.CONSENT_REVOKED, NOW + 30 * MINUTE)


def test_looking_again_at_a_refusal_takes_no_longer_than_it_must() -> None:
    finding, doubt, now = Finding(Reason.ROLE_ADDED, refused=True), None, NOW
    for _ in range(3):
        doubt = doubted(finding, doubt, now)
        assert doubt is not None
        if believed(finding, doubt, None, now):
            break
        now = next_look(finding, now, sure=False)
    assert now == NOW + 30 * MINUTE


def test_another_reason_is_another_doubt_unless_the_channel_lacks_something_already() -> None:
    lost, viewing = Finding(Reason.PERMISSION_LOST), Finding(Reason.VIEW_ONLY)
    doubt = doubted(viewing, doubted(lost, None, NOW), NOW + MINUTE)
    assert doubt == Doubt(Reason.VIEW_ONLY, NOW + MINUTE, 1)
    assert believed(viewing, doubt, Reason.PERMISSION_LOST, NOW)
    assert not believed(viewing, doubt, Reason.AMAZON_OUTAGE, NOW)
    assert doubted(Finding(), doubt, NOW) is None
