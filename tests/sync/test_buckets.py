"""Amazon's rate limits are kept across everybody who calls."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.actions import buckets as stored
from dashboard.marketplaces import Region
from dashboard.sync import buckets
from dashboard.sync.buckets import Operation

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_what_is_saved_up_may_be_used_at_once_and_then_calls_come_in_one_by_one() -> None:
    def take(after: float) -> float | None:
        until = stored.take("x", 2, 3, NOW + timedelta(seconds=after))
        return None if until is None else (until - NOW).total_seconds()

    assert [take(0), take(0), take(0), take(0)] == [None, None, None, 0.5]
    assert [take(0.4), take(0.5), take(0.5)] == [0.5, None, 1.0]
    assert [take(100), take(100), take(100), take(100)] == [None, None, None, 100.5]


def test_no_two_of_many_get_the_same_call() -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: stored.take("x", 0.001, 5, NOW), range(40)))
    assert found.count(None) == 5


def test_a_seller_is_asked_for_participations_once_a_minute_and_others_are_not_held_up() -> None:
    def take(whose: str, region: Region = Region.EU) -> datetime | None:
        return buckets.take(Operation.PARTICIPATIONS, region, whose)

    assert take("A1") is None
    until = take("A1")
    assert until is not None
    assert timedelta(seconds=55) < until - datetime.now(UTC) < timedelta(seconds=65)
    assert take("A2") is None
    assert take("A1", Region.NA) is None


def test_nobody_calls_before_amazon_said_so() -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)
    buckets.close(Operation.INVENTORY, Region.EU, "A1", later)
    buckets.close(Operation.INVENTORY, Region.EU, "A1", later - timedelta(minutes=3))
    assert buckets.wait(Operation.INVENTORY, Region.EU, "A1") == later
    assert stored.take("inventory EU A1", 2, 2, later) is None
    assert stored.take("inventory EU A1", 2, 2, later) is not None


@pytest.mark.parametrize(
    ("operation", "saved_up"),
    [(Operation.INVENTORY, 2), (Operation.LISTINGS, 5), (Operation.PURCHASE_ORDERS, 10)],
)
def test_calls_that_arrive_less_evenly_than_they_left_are_within_amazons_plan(
    operation: Operation, saved_up: int
) -> None:
    def amazon_answers(arrives: datetime) -> bool:
        return stored.take("amazon", operation.value.rate, saved_up, arrives) is None

    between = timedelta(seconds=1 / operation.value.rate)
    late, left = between * 0.9, NOW
    for _ in range(2 * saved_up):
        while buckets.take(operation, Region.EU, "A1", left) is not None:
            left += between / 10
        assert amazon_answers(left + late)
        late = timedelta()
        left = max(left, NOW + between)


def test_a_short_wait_is_waited_for() -> None:
    for _ in range(4):
        assert buckets.wait(Operation.LISTINGS, Region.EU, "A1") is None
