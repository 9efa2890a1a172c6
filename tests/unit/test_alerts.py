"""What is worth an alert, to whom and when: decided without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.alerts import Gap, Move, Quiet, Reading, Rule, Turn, decide, told_of, wording
from dashboard.alerts.rules import COVERS, UNASSIGNED, WORTH_TELLING
from dashboard.alerts.wording import Problem, Trouble
from dashboard.status import Headline

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATE, STUCK, HEALTHY = Headline.LATE, Headline.STUCK, Headline.HEALTHY
RECONNECT, UNKNOWN = Headline.NEEDS_RECONNECT, Headline.UNKNOWN
AMAZON, OURS, PAUSED = Headline.AMAZON_INCIDENT, Headline.OUR_FIX, Headline.PAUSED
RULE = Rule(frozenset({LATE, STUCK, OURS, AMAZON}))
BASE = "https://switchboard.example"


def turn(before: Headline | None, after: Headline, **more: Any) -> Turn:
    return Turn(**({"region": "EU", "strategist_id": 7, "before": before, "after": after} | more))


CASES = {
    "becomes one that is asked for": (turn(HEALTHY, LATE), None, Move.OPEN),
    "becomes one that is not asked for": (turn(HEALTHY, RECONNECT), None, Move.NOTHING),
    "is new": (turn(None, LATE), None, Move.NOTHING),
    "keeps its headline": (turn(LATE, LATE), None, Move.NOTHING),
    "keeps its headline, which is told": (turn(LATE, LATE), LATE, Move.NOTHING),
    "becomes healthy": (turn(LATE, HEALTHY), LATE, Move.END),
    "becomes another problem, asked for": (turn(LATE, STUCK), LATE, Move.REPLACE),
    "becomes another problem, not asked for": (turn(LATE, RECONNECT), LATE, Move.END),
    "is paused": (turn(LATE, PAUSED), LATE, Move.END),
    "cannot be told for a while": (turn(LATE, UNKNOWN), LATE, Move.NOTHING),
    "is as it was after that": (turn(LATE, LATE), LATE, Move.NOTHING),
    "is healthy after that": (turn(LATE, HEALTHY), LATE, Move.END),
    "shares Amazon's incident": (turn(HEALTHY, AMAZON), None, Move.NOTHING),
    "shares Amazon's incident while told": (turn(LATE, AMAZON), LATE, Move.NOTHING),
    "shares our incident": (turn(HEALTHY, OURS, incident=True), None, Move.NOTHING),
    "shares our incident while told": (turn(LATE, OURS, incident=True), LATE, Move.NOTHING),
    "is ours to mend, alone": (turn(HEALTHY, OURS), None, Move.OPEN),
}


@pytest.mark.parametrize("case", CASES)
def test_an_account_that(case: str) -> None:
    happened, open_as, move = CASES[case]
    assert decide(RULE, happened, open_as) is move


@pytest.mark.parametrize(
    ("rule", "opens"),
    [
        ({"regions": {"EU"}}, True),
        ({"regions": {"NA", "FE"}}, False),
        ({"strategist_ids": {7, 8}}, True),
        ({"strategist_ids": {8, UNASSIGNED}}, False),
        ({"strategist_ids": {7}, "regions": {"NA"}}, False),
    ],
)
def test_a_rule_allows_what_meets_all_its_conditions(rule: dict[str, Any], opens: object) -> None:
    conditions = {name: frozenset(values) for name, values in rule.items()}
    made = Rule(frozenset({LATE}), **conditions)
    assert (decide(made, turn(HEALTHY, LATE), None) is Move.OPEN) is opens


def test_accounts_without_a_strategist_can_be_asked_for() -> None:
    rule = Rule(frozenset({LATE}), frozenset({UNASSIGNED}))
    assert decide(rule, turn(HEALTHY, LATE, strategist_id=None), None) is Move.OPEN


@pytest.mark.parametrize(
    ("region", "ours", "told"),
    [("EU", False, True), ("NA", False, False), ("EU", True, False), ("", False, True)],
)
def test_incidents_are_told_by_kind_and_region(region: str, ours: bool, told: object) -> None:  # noqa: FBT001
    rule = Rule(frozenset({AMAZON}), frozenset({9}), frozenset({"EU"}))
    assert told_of(rule, region, ours=ours) is told


@given(st.lists(st.sampled_from([*Headline]), max_size=12), st.sets(st.sampled_from(WORTH_TELLING)))
def test_whatever_an_account_lives_through_what_is_open_is_asked_for_and_still_so(
    lived: list[Headline], asked: set[Headline]
) -> None:
    rule, open_as, before = Rule(frozenset(asked)), None, HEALTHY
    for after in lived:
        move = decide(rule, turn(before, after), open_as)
        assert move is Move.NOTHING or (move is Move.OPEN) is (open_as is None)
        open_as = {Move.NOTHING: open_as, Move.END: None}.get(move, after)
        if after not in COVERS:
            before = after
            assert open_as in (None, after)
        assert open_as is None or open_as in asked


@given(st.data())
def test_whatever_order_transactions_end_in_each_row_is_read_once(data: st.DataObject) -> None:
    """Rows are numbered when written; transactions of several end in any order, some never."""
    numbers = list(range(1, data.draw(st.integers(1, 40), "rows") + 1))
    writers = data.draw(st.lists(st.integers(0, 3), min_size=len(numbers), max_size=len(numbers)))
    ending = data.draw(st.permutations(sorted(set(writers))))
    lost = data.draw(st.sampled_from([None, *ending]))
    reading, read, there = Reading(), [], set[int]()
    for clock, writer in enumerate(ending):
        if writer != lost:
            there |= {n for n, by in zip(numbers, writers, strict=True) if by == writer}
        late = sorted(n for n in there for gap in reading.gaps if gap.first <= n <= gap.last)
        limit = data.draw(st.integers(1, 50), "limit")
        new = sorted(n for n in there if n > reading.position)[:limit]
        read += [*late, *new]
        reading = reading.filled(late).further(new, clock)
    new = sorted(n for n in there if n > reading.position)
    late = sorted(n for n in there for gap in reading.gaps if gap.first <= n <= gap.last)
    assert sorted([*read, *new, *late]) == sorted(there)


def test_a_gap_is_forgotten_in_the_end() -> None:
    reading = Reading(5).further([9], now=1000)
    assert reading.gaps == (Gap(6, 8, 1000),)
    assert reading.settled(1000 + 3599) == reading
    assert reading.settled(1000 + 3600).gaps == ()


@pytest.mark.parametrize(
    ("quiet", "at", "holds"),
    [
        ((22, 7, "UTC"), "21:59", False), ((22, 7, "UTC"), "22:00", True),
        ((22, 7, "UTC"), "00:00", True), ((22, 7, "UTC"), "06:59", True),
        ((22, 7, "UTC"), "07:00", False), ((9, 17, "UTC"), "12:00", True),
        ((9, 17, "UTC"), "17:00", False), ((None, None, "UTC"), "12:00", False),
        ((9, 9, "UTC"), "09:00", False),
        # In May, Berlin is two hours ahead.
        ((22, 7, "Europe/Berlin"), "20:00", True), ((22, 7, "Europe/Berlin"), "05:00", False),
        ((22, 7, "America/New_York"), "02:00", True),
    ],
)  # fmt: skip
def test_quiet_hours_hold_by_the_clock_on_the_wall(
    quiet: tuple[Any, Any, str], at: str, holds: object
) -> None:
    begins, ends, zone = quiet
    minutes = [None if each is None else each * 60 for each in (begins, ends)]
    hour, minute = map(int, at.split(":"))
    moment = NOW.replace(hour=hour, minute=minute)
    assert Quiet(minutes[0], minutes[1], zone).holds(moment) is holds


def problem(number: int = 1, headline: Headline = LATE, **more: Any) -> Problem:
    values = {
        "account_id": number, "account": f"Acme {number}", "organization": "Acme GmbH",
        "headline": headline.value, "reason": "data_late", "began": NOW - timedelta(hours=3),
    }  # fmt: skip
    return Problem(**(values | more))


class TestWords:
    def test_one_problem_is_named_with_why_who_since_when_and_where(self) -> None:
        title, text = wording.opened({"Late": 1}, [problem()], 0, NOW, BASE)
        assert title == "Late: Acme 1 (Acme GmbH)"
        assert "We must act." in text
        assert "Since 09:00 UTC." in text
        assert text.endswith(f"{BASE}/account?id=1")

    def test_many_are_counted_some_named_and_all_linked(self) -> None:
        first = [problem(n, RECONNECT) for n in range(5)]
        title, text = wording.opened({"Needs reconnect": 37}, first, 2, NOW, BASE)
        assert title == "37 accounts became Needs reconnect"
        assert text.splitlines()[0] == "- Acme 0 (Acme GmbH)"
        assert "and 32 more" in text
        assert "2 other problems came and went meanwhile." in text
        assert text.endswith(f"{BASE}/accounts?headline=Needs+reconnect&sort=changed")

    def test_several_kinds_are_told_apart_the_most_urgent_first(self) -> None:
        title, _ = wording.opened({"Late": 1200, "Stuck": 3}, [problem()], 0, NOW, BASE)
        assert title == "1,203 accounts need attention: 3 Stuck, 1,200 Late"

    def test_an_end_says_how_long_it_took_and_what_came_of_it(self) -> None:
        over = problem(ended=NOW, ended_as="Healthy")
        title, text = wording.ended([over], 1, BASE)
        assert title == "Resolved after 3 h: Acme 1 (Acme GmbH)"
        assert "Late for 3 h, now Healthy" in text
        other = problem(ended=NOW, ended_as="Needs permission")
        assert wording.ended([other], 1, BASE)[0].startswith("No longer Late, but Needs permission")
        assert wording.ended([over, other], 12, BASE)[0] == "12 problems are over"

    def test_an_incident_is_told_as_one(self) -> None:
        trouble = Trouble("SP-API", "EU", False, 45, 0.62, NOW, NOW + timedelta(minutes=25))
        title, text = wording.incident_opened(trouble, NOW, BASE)
        assert title == "Amazon incident: SP-API EU"
        assert "45 customers (62% of checks)" in text
        assert wording.incident_closed(trouble, BASE)[0].startswith("Over after 25 min.")

    @given(st.text())
    def test_a_name_can_do_nothing_in_a_chat_but_be_read(self, name: str) -> None:
        for hostile in (name, f"{name}<!channel> @everyone [x](https://evil.example){name}"):
            tamed = wording.tame(hostile)
            assert len(tamed) <= wording.LONGEST
            assert not set("<>@`\n\r\0") & set(tamed)
            assert "://" not in tamed
            assert "](" not in tamed
