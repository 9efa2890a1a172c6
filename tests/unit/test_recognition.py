"""What is an incident, and when it is over: the table of cases."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import errors
from dashboard.actions.incidents import Seen, Trials
from dashboard.sync.recognition import DRY, NEVER, OURS, End, Rules, begins, ends

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = Rules(customers=3, share=0.1)


@pytest.mark.parametrize(
    ("outcome", "customers", "consents", "checked", "incident"),
    [
        # A company of some hundred accounts looks at half a dozen in a region in these minutes.
        ("AccessRefused", 3, 3, 6, True),
        ("AccessRefused", 2, 2, 2, False),
        ("AccessRefused", 1, 1, 1, False),
        ("AmazonDown", 3, 3, 30, True),
        ("AmazonDown", 3, 3, 31, False),
        ("Malformed", 4, 5, 8, True),
        # One login behind many customers is one login.
        ("AccessRefused", 26, 1, 3, False),
        ("AccessRefused", 26, 2, 3, False),
        # A fleet of a million: thousands are looked at, and some are always broken.
        ("AccessRefused", 700, 720, 8000, False),
        ("AccessRefused", 800, 820, 8000, True),
        ("GrantRefused", 900, 900, 8000, True),
        # Ours.
        ("ClientRefused", 1, 1, 8000, True),
        ("AmazonError", 1, 1, 1, False),
        ("AmazonError", 3, 3, 3, True),
        ("SealBroken", 3, 3, 3, True),
        # Neither.
        ("Throttled", 5000, 5000, 8000, False),
        ("ok", 8000, 8000, 8000, False),
    ],
)
def test_the_same_failure_for_many_is_an_incident(
    outcome: str, customers: int, consents: int, checked: int, *, incident: bool
) -> None:
    assert begins(Seen("AAA", "EU", outcome, customers, consents, checked), RULES) is incident


def test_every_class_of_error_is_amazons_or_ours_or_no_incident() -> None:
    known = {errors.AmazonError, errors.SealBroken, *errors.AmazonError.__subclasses__()}
    assert OURS | (NEVER - {"ok"}) <= {each.__name__ for each in known}
    assert {"AccessRefused", "AmazonDown", "GrantRefused", "Malformed"}.isdisjoint(OURS | NEVER)


def trials(affected: int, newest: str, heard: int | None = 0) -> Trials:
    """``newest`` is a word of + and -, newest first; ``heard``: minutes ago."""
    at = None if heard is None else NOW - heard * MINUTE
    return Trials(affected, affected, (), tuple(each == "+" for each in newest), at)


@pytest.mark.parametrize(
    ("affected", "newest", "over"),
    [
        (12, "", False),
        (12, "------------", False),
        (12, "+-----------", False),
        (12, "++----------", False),
        (12, "+++---------", True),
        (12, "-+++--------", True),
        (12, "--++++------", False),
        (12, "+-+-+-+-+-+-", False),
        (3, "+--", False),
        (3, "++-", True),
        (3, "-++", True),
        (2, "+-", False),
        (2, "++", True),
        (1, "-", False),
        (1, "+", True),
    ],
)
def test_an_incident_is_over_when_several_that_failed_work_again(
    affected: int, newest: str, *, over: bool
) -> None:
    assert ends(trials(affected, newest), NOW, NOW) is (End.PROVEN if over else None)


@pytest.mark.parametrize(
    ("heard", "probed", "over"),
    [
        (29, 1, False),
        (30, 1, True),
        (None, 1, True),
        # Nobody has looked for it: no worker lives.
        (300, 6, False),
        (300, None, False),
    ],
)
def test_an_incident_that_dried_up_is_over_if_somebody_looks_for_it(
    heard: int | None, probed: int | None, *, over: bool
) -> None:
    assert timedelta(minutes=30) == DRY
    probed_at = None if probed is None else NOW - probed * MINUTE
    found = ends(trials(12, "---", heard), probed_at, NOW)
    assert found is (End.DRIED_UP if over else None)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_customers_never_make_less_of_an_incident(
    customers: int, consents: int, checked: int
) -> None:
    checked = max(checked, consents)
    seen = Seen("AAA", "EU", "AmazonDown", customers, consents, checked)
    more = Seen("AAA", "EU", "AmazonDown", customers + 1, consents + 1, checked + 1)
    assert begins(more, RULES) or not begins(seen, RULES)
