"""What customers are told of failures: complete, plain, and for them rather than for staff."""

import pytest

from dashboard.connect import words
from dashboard.connect.words import Words
from dashboard.diagnosis import ATTEMPT, OURS, Reason

JARGON = ("SP-API", "AAA", "token", "OAuth", "profile id", "API", "grant", "callback", "consent")


@pytest.mark.parametrize(("reason", "said"), words.texts().items())
def test_a_failure_is_told_in_full_and_in_plain_words(reason: Reason, said: Words) -> None:
    assert 5 < len(said.heading) <= 45
    assert said.todo or said.back
    text = " ".join([said.heading, said.happened, *said.todo, said.ask, *said.back.values()])
    assert all(each.endswith(".") for each in [said.happened, *said.todo, said.ask])
    assert not [each for each in JARGON if each in text]


def test_every_way_a_trip_can_end_has_its_words() -> None:
    assert words.texts().keys() >= ATTEMPT
    assert OURS - {Reason.AUTHORIZATION_CAP} <= words.texts().keys()


def test_requirements_show_what_the_last_trip_taught() -> None:
    states = [each.state for each in words.checks(Reason.NEVER_ADVERTISED, signed_in=False)]
    assert states == ["bad", "later", "later"]
    states = [each.state for each in words.checks(None, signed_in=True)]
    assert states == ["good", "good", "good"]
