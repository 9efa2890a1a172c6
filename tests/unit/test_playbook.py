"""The playbook says of every reason what happened, what to do, and what to tell the customer."""

import re
from pathlib import Path

import pytest

from dashboard.diagnosis import FILE, WARNINGS, Actor, Reason, playbook
from dashboard.errors import ConfigurationError

JARGON = re.compile(
    r"\b(tokens?|oauth|apis?|aaa|sp-api|lwa|invalid_\w+|refresh\w*|scopes?|grants?|endpoints?"
    r"|client (id|secret)s?|secrets?|40\d|429|5\d\d|http\w*|callback\w*|redirect\w*|heartbeat"
    r"|streams?|telemetry|throttl\w+|queue\w*|worker\w*|profile id|relaunch\w*|null|json)\b",
    re.IGNORECASE,
)
EACH = pytest.mark.parametrize("reason", Reason)


def written(folder: Path, text: str) -> Path:
    file = folder / "playbook.toml"
    file.write_text(text, encoding="utf-8")
    return file


def shipped() -> str:
    return FILE.read_text(encoding="utf-8")


def test_every_reason_has_its_entry_and_no_entry_is_surplus():
    assert list(playbook()) == list(Reason)
    assert sorted(re.findall(r"^\[(\w+)\]$", shipped(), re.MULTILINE)) == sorted(Reason)


def test_the_playbook_cannot_be_changed():
    with pytest.raises(TypeError):
        playbook()[Reason.PAUSED] = playbook()[Reason.DISCONNECTED]


@EACH
def test_titles_are_labels_and_the_rest_are_sentences(reason):
    remedy = playbook()[reason]

    assert len(remedy.title) <= 45
    assert not remedy.title.endswith(".")
    for text in (remedy.happened, remedy.fix, remedy.customer):
        assert not text or text.endswith(".")
        assert "  " not in text
    assert 1 <= len(re.findall(r"[.;](?:\s|$)", remedy.happened)) <= 4
    assert len(remedy.happened) <= 240


@EACH
def test_customers_are_told_in_words_of_their_own(reason):
    assert not JARGON.search(playbook()[reason].customer)


@EACH
def test_customers_are_told_what_to_do_or_that_there_is_nothing_to_do(reason):
    remedy = playbook()[reason]

    if remedy.actor is Actor.CUSTOMER:
        assert re.search(r"\bplease\b", remedy.customer, re.IGNORECASE)
    elif remedy.customer and remedy.actor in {Actor.US, Actor.AMAZON}:
        assert re.search(r"do not need to|will send you", remedy.customer)


@EACH
def test_staff_are_not_sent_to_the_customer_for_what_is_ours_or_amazons(reason):
    remedy = playbook()[reason]

    if remedy.actor in {Actor.US, Actor.AMAZON}:
        assert "please" not in remedy.customer.lower()


def test_a_warning_says_that_the_connection_itself_works():
    for reason in WARNINGS - {Reason.THROTTLED, Reason.DATA_NOT_READY}:
        assert "connection with us works" in playbook()[reason].customer


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[paused]", "[resting]", "resting"),
        ("[view_only]\n", "[view_only]\nextra = 1\n", "view_only"),
        ('actor = "Nobody"', 'actor = "Someone"', "disconnected"),
        ('actor = "Nobody"', 'actor = ["Nobody"]', "disconnected"),
        ('title = "Paused by choice"\n', "", "paused"),
        ('title = "Paused by choice"', "title = 7", "paused"),
        ('title = "Paused by choice"', 'title = " "', "paused"),
        ("[paused]", "[paused", "cannot be read"),
    ],
)
def test_a_playbook_with_a_mistake_is_refused_in_one_sentence(tmp_path, old, new, named):
    with pytest.raises(ConfigurationError, match=named) as refusal:
        playbook(written(tmp_path, shipped().replace(old, new, 1)))

    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_a_playbook_that_lacks_a_reason_is_refused(tmp_path):
    start = shipped().index("[data_not_ready]")

    with pytest.raises(ConfigurationError, match="data_not_ready"):
        playbook(written(tmp_path, shipped()[:start]))


def test_the_customers_text_may_be_empty_only_where_the_customer_need_not_act(tmp_path):
    text = re.sub(r'(\[view_only\][^\[]*?customer = )"[^"]*"', r'\1""', shipped())

    with pytest.raises(ConfigurationError, match="view_only"):
        playbook(written(tmp_path, text))


def test_a_missing_playbook_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        playbook(tmp_path / "playbook.toml")
