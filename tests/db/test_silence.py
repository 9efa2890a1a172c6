"""While no worker reports, what rests on workers is unknown wherever it is read."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard import clock
from dashboard.actions import workers
from dashboard.actions.sweep import sweep
from dashboard.db.counts import EVERYONE
from dashboard.db.engine import reading, transaction
from dashboard.db.syncing import Worker
from dashboard.diagnosis import Channel, Reason
from dashboard.queries import (
    account,
    accounts,
    customers,
    first_syncs,
    links,
    overview,
    selection,
    silence,
    tree,
)
from dashboard.queries.choice import Choice
from dashboard.status import BROKEN, SEVERITY, ChannelStatus, Headline
from tests import factories
from tests.db.test_accounts_queries import expected, is_chosen, some_choice, stored
from tests.factories import MISSING, REVOKED
from tests.fleets import Record

LASTING = {"Disconnected", "Paused", "Not connected"}
STEADY = {"Not connected", "At Amazon", "Not required", "Paused"}


def worker(minutes: float, *, left: bool = False) -> None:
    """A worker was heard of so long ago."""
    seen_at = clock.now() - timedelta(minutes=minutes)
    workers.beat("here", seen_at, seen_at, checks=0, syncs=0, failures=0)
    if left:
        workers.leave("here", seen_at)


def unknown(record: Record) -> Record:
    """The account as it is to be shown."""
    for name in ("aaa_status", "sp_api_status"):
        if getattr(record, name) not in STEADY:
            record = replace(record, **{name: "Unknown"})
    if record.headline in LASTING:
        return record
    return replace(
        record, headline="Unknown", actor="Us", reason=Reason.TELEMETRY_STALE.value,
        severity=SEVERITY[Headline.UNKNOWN],
    )  # fmt: skip


def choices(fleet: list[Record], number: int) -> list[Choice]:
    chance = random.Random(4)
    mixed = (Reason.TELEMETRY_STALE.value, *{each.reason for each in fleet[:40] if each.reason})
    return [
        Choice(), Choice(headline=("Unknown",)), Choice(headline=("Healthy", "Stuck")),
        Choice(headline=("Unknown", "Paused")), Choice(actor=("Us",)), Choice(actor=("Customer",)),
        Choice(actor=("Amazon",)), Choice(headline=("Paused",), actor=("Us",)),
        Choice(reason=mixed[:1]), Choice(reason=mixed[1:]), Choice(reason=mixed),
        Choice(reason=mixed, headline=("Unknown", "Not connected"), region=("EU",)),
        Choice(aaa_status=("Unknown",)), Choice(sp_api_status=("Connected",)),
        *[some_choice(fleet, chance) for _ in range(number)],
    ]  # fmt: skip


def test_all_that_is_chosen_counted_and_exported_agrees(database: str) -> None:
    fleet = stored(300)
    worker(6)
    shown = [unknown(each) for each in fleet]
    by_id = {each.id: each for each in shown}
    with reading() as session:
        for choice in choices(shown, 40):
            chosen = [each.id for each in shown if is_chosen(each, choice)]

            rows = list(accounts.export(session, choice))
            assert Counter(row[0] for row in rows) == Counter(chosen), choice
            # In the order in which they were when they were last heard of.
            everybody = expected(fleet, Choice(sort=choice.sort))
            assert [row[0] for row in rows] == [each for each in everybody if each in set(chosen)]
            page = selection.page_ids(session, choice)
            assert page == [row[0] for row in rows][: len(page)]
            assert selection.total(session, choice) == selection.Total(len(chosen)), choice
            for row in rows:
                said = dict(zip(accounts.LISTING, row, strict=True))
                for name in ("headline", "actor", "reason", "aaa_status", "sp_api_status"):
                    assert said[name] == getattr(by_id[row[0]], name), (name, said)
            if len(choice.marketplace) <= 1:
                groups = accounts.groups(session, choice, "headline")
                wanted = Counter(by_id[each].headline for each in chosen)
                assert dict(zip(groups["value"], groups["accounts"], strict=True)) == wanted
                assert groups["us"].sum() == sum(by_id[each].actor == "Us" for each in chosen)
            for row in customers.listing(session, choice).itertuples():
                own = [by_id[each] for each in chosen
                       if by_id[each].organization_id == row.organization_id]  # fmt: skip
                assert row.accounts == len(own)
                assert row.headline == max(own, key=lambda each: each.severity).headline
                assert row.us == sum(each.actor == "Us" for each in own)


def test_overview_knows_nothing_of_what_rests_on_workers(database: str) -> None:
    fleet = [unknown(each) for each in stored(200)]
    worker(6)
    with reading() as session:
        counts = overview.counts(session, EVERYONE)
        matrix = overview.matrix(session, EVERYONE)
        left = first_syncs.burn_down(session, clock.now(), timedelta(hours=48), EVERYONE)
        assert set(left["headline"]) <= {"Unknown", *LASTING}
        assert set(overview.worse(session, clock.now())["headline"]) <= {"Unknown", *LASTING}
    found = {(row.headline, row.actor): row.accounts for row in counts.itertuples()}
    assert found == Counter((each.headline, each.actor) for each in fleet)
    broken = sum(len(each.marketplace) for each in fleet if Headline(each.headline) in BROKEN)
    assert matrix["broken"].sum() == broken


@pytest.fixture
def one(database: str) -> int:
    """An account whose AAA consent is dead, in an organization with one that waits for a link."""
    with transaction() as session:
        organization = factories.organization(session)
        factories.account(session, organization, "New", aaa=MISSING, sp_api=MISSING)
        return factories.account(session, organization, "Old", aaa=REVOKED)


def read_one(account_id: int) -> tuple[Any, Any]:
    with reading() as session:
        detail = account.detail(session, account_id, clock.now())
        known = tree.tree(session, detail.organization_id, clock.now())
        return detail, known


def test_an_account_says_that_it_is_unknown_and_since_when(one: int) -> None:
    worker(7)
    detail, whole = read_one(one)

    assert (detail.headline, detail.actor) == ("Unknown", "Us")
    assert detail.remedy.reason is Reason.TELEMETRY_STALE
    assert clock.now() - detail.since >= timedelta(minutes=7)
    assert {each.status for each in detail.connections} == {ChannelStatus.UNKNOWN}
    assert dict(detail.why)["Status then"] == "Needs reconnect"
    assert whole.status == "Unknown"
    by_name = {each.name: each for each in whole.parts[0].parts}
    assert by_name["Old"].status == "Unknown"
    assert {each.status for each in by_name["Old"].parts[0].parts} == {"Unknown"}
    assert by_name["New"].status == "Not connected"


def test_what_is_known_to_be_broken_can_be_mended_all_the_same(one: int) -> None:
    worker(7)
    with reading() as session:
        plan = links.plan(session, one, clock.now())
    statuses = {each.channel: each.status for each in plan.parts}
    assert statuses[Channel.AAA] is ChannelStatus.NEEDS_RECONNECT


def test_when_a_worker_is_back_all_is_as_before(one: int) -> None:
    before = read_one(one)
    worker(400)
    assert read_one(one)[0].headline == "Unknown"
    worker(0)
    assert read_one(one)[0].headline == before[0].headline == "Needs reconnect"
    assert read_one(one)[1] == before[1]


@pytest.mark.parametrize(
    ("minutes", "left", "silent"),
    [(4, False, False), (6, False, True), (4, True, False), (6, True, True)],
)
def test_workers_that_have_left_were_there_until_then(
    database: str, minutes: int, *, left: bool, silent: bool
) -> None:
    worker(minutes, left=left)
    with reading() as session:
        assert (silence.since(session) is not None) is silent


def test_a_database_without_workers_is_not_silent(one: int) -> None:
    assert read_one(one)[0].headline == "Needs reconnect"
    with transaction() as session:
        assert session.query(Worker).count() == 0
    sweep()
    assert read_one(one)[0].headline == "Needs reconnect"
