"""The Accounts page's reads, compared with looking at every account one by one."""

import random
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dashboard.actions.sweep import sweep
from dashboard.db.counts import UNASSIGNED
from dashboard.db.engine import analyze, reading, transaction
from dashboard.marketplaces import countries
from dashboard.queries import accounts, customers, selection
from dashboard.queries.choice import LAST_PAGE, PAGE_SIZE, Choice, Sort
from dashboard.status import BROKEN, Headline
from tests import factories, fleets
from tests.fleets import Record

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PLAIN = ("headline", "actor", "reason", "region", "type", "aaa_status", "sp_api_status", "age_band")
LARGE = 11_000
"""More than ``selection.FEW``, so that the ways of large selections are walked too."""


def stored(size: int, seed: int = 1) -> list[Record]:
    with transaction() as session:
        staff_ids = fleets.strategists(session, ["Ana Berg", "Ben Okafor", "Chloe Díaz"], NOW)
        fleet = fleets.records(size, NOW, staff_ids, seed)
        fleets.store(session, fleet, NOW)
    analyze()
    return fleet


def bare(text: str) -> str:
    split = unicodedata.normalize("NFKD", text)
    return "".join(each for each in split if not unicodedata.combining(each)).casefold()


@cache
def known_by(record: Record) -> list[str]:
    """Every word of what an account is called and known by."""
    texts = (
        record.name, record.key, record.merchant_id or "", record.organization,
        record.organization_key, *record.emails, *record.profiles,
    )  # fmt: skip
    chunks = [chunk.strip("()',.") for text in texts for chunk in bare(text).split()]
    return chunks + [part for chunk in chunks for part in re.split(r"[\W_]+", chunk)]


def is_found(record: Record, typed: str) -> bool:
    return all(
        any(word.startswith(term) for word in known_by(record)) for term in bare(typed).split()
    )


def is_chosen(record: Record, choice: Choice) -> bool:
    if any(getattr(record, name) not in values for name, values in choice.filtered.items()):
        return False
    if choice.strategist and (record.strategist_id or UNASSIGNED) not in choice.strategist:
        return False
    if choice.marketplace and not set(choice.marketplace) & set(record.marketplace):
        return False
    return not choice.search or is_found(record, choice.search)


def place(record: Record, sort: Sort) -> Any:
    return {
        Sort.ORGANIZATION: (record.sort_name, record.id),
        Sort.ACCOUNT: (record.name_folded, record.id),
        Sort.URGENCY: (-record.severity, -record.since.timestamp(), -record.id),
        Sort.OLDEST: (
            record.oldest_sync_at is None,
            record.oldest_sync_at and record.oldest_sync_at.timestamp(),
            record.id,
        ),
        Sort.CHANGED: (-record.since.timestamp(), -record.id),
    }[sort]


def expected(fleet: list[Record], choice: Choice) -> list[int]:
    chosen = [each for each in fleet if is_chosen(each, choice)]
    return [each.id for each in sorted(chosen, key=lambda each: place(each, choice.sort))]


def some_choice(fleet: list[Record], chance: random.Random) -> Choice:
    """A choice that at least one account passes, most of the time."""
    like = chance.choice(fleet)
    values: dict[str, tuple[Any, ...]] = {}
    for name in (*PLAIN, "strategist", "marketplace"):
        if chance.random() > 0.15:
            continue
        others = chance.sample(fleet, chance.choice((0, 0, 1, 2)))
        for each in (like, *others):
            if name == "strategist":
                value: Any = each.strategist_id or UNASSIGNED
            elif name == "marketplace":
                value = each.marketplace[0]
            else:
                value = getattr(each, name)
            values[name] = tuple(dict.fromkeys([*values.get(name, ()), value]))
    texts = (like.name, like.key, like.organization, *like.emails, *like.profiles)
    typed = [
        chunk.strip(".,)")[: chance.randint(1, 8)].upper()
        for chunk in chance.sample(" ".join(texts).split(), 2)[: chance.choice((0, 0, 1, 2))]
        if chunk[0].isalnum()
    ]
    return Choice(search=" ".join(typed), sort=chance.choice(list(Sort)), **values)


def pages(session: Session, choice: Choice, numbers: Any) -> list[list[int]]:
    return [selection.page_ids(session, replace(choice, page=number)) for number in numbers]


def test_pages_together_show_every_chosen_account_once_and_in_order(database: str) -> None:
    fleet = stored(400)
    chance = random.Random(2)
    with reading() as session:
        for choice in [Choice(sort=sort) for sort in Sort] + [
            some_choice(fleet, chance) for _ in range(60)
        ]:
            wanted = expected(fleet, choice)

            shown = pages(session, choice, range(1, len(wanted) // PAGE_SIZE + 3))

            assert [each for page in shown for each in page] == wanted, choice
            assert all(len(page) == PAGE_SIZE for page in shown[: len(wanted) // PAGE_SIZE])
            assert selection.total(session, choice) == selection.Total(len(wanted)), choice
            if choice.search:
                assert selection.found_ids(session, choice) == wanted, choice


def test_large_selections_are_as_right_as_small_ones(database: str) -> None:
    fleet = stored(LARGE)
    chance = random.Random(3)
    marketplaces = tuple({place for each in fleet for place in each.marketplace})
    choices = [Choice(sort=sort) for sort in Sort]
    choices += [Choice(sort=sort, marketplace=marketplaces) for sort in Sort]
    choices += [Choice(sort=sort, search="acc") for sort in Sort]
    choices += [Choice(sort=sort, headline=tuple(Headline)) for sort in Sort]
    choices += [some_choice(fleet, chance) for _ in range(15)]
    with reading() as session:
        for choice in choices:
            wanted = expected(fleet, choice)
            last = min(len(wanted) // PAGE_SIZE + 1, LAST_PAGE)

            shown = pages(session, choice, (1, 2, last))

            for number, page in zip((1, 2, last), shown, strict=True):
                begin = (number - 1) * PAGE_SIZE
                assert page == wanted[begin : begin + PAGE_SIZE], (choice, number)
            chosen = set(wanted)
            names = {(each.sort_name, each.organization_id) for each in fleet if each.id in chosen}
            first = [key for _, key in sorted(names)][:PAGE_SIZE]
            assert list(customers.listing(session, choice)["organization_id"]) == first, choice
            total = selection.total(session, choice)
            if total.exact:
                assert total.accounts == len(wanted), choice
            else:
                assert 0 < total.accounts <= len(wanted), choice


def test_a_listing_says_everything_about_each_account_of_the_page(database: str) -> None:
    fleet = {each.id: each for each in stored(60)}
    with reading() as session:
        shown = accounts.listing(session, Choice(sort=Sort.URGENCY))

    assert list(shown.columns) == list(accounts.LISTING)
    assert len(shown) == PAGE_SIZE
    for row in shown.itertuples():
        record = fleet[row.id]
        assert row.account == record.name
        assert row.account_key == record.key
        assert row.organization == record.organization
        assert row.merchant_id == (record.merchant_id or "")
        assert row.headline == record.headline
        assert row.marketplaces == countries(record.marketplace)
        assert bool(row.strategist) is (record.strategist_id is not None)


def test_a_listing_without_rows_has_the_same_columns_and_types(database: str) -> None:
    with reading() as session:
        nothing = accounts.listing(session, Choice())
        groups = accounts.groups(session, Choice(), "region")
        organizations = customers.listing(session, Choice())
    stored(3)
    with reading() as session:
        something = accounts.listing(session, Choice())

    assert nothing.empty
    assert groups.empty
    assert organizations.empty
    assert dict(nothing.dtypes) == dict(something.dtypes)


@pytest.mark.parametrize("by", list(accounts.GROUPED))
def test_groups_count_the_chosen_accounts(database: str, by: str) -> None:
    fleet = stored(300)
    chance = random.Random(by)
    with reading() as session:
        for choice in [Choice(), *[some_choice(fleet, chance) for _ in range(30)]]:
            chosen = [each for each in fleet if is_chosen(each, choice)]
            if len(choice.marketplace) > 1 and by != "marketplace":
                continue
            wanted: Counter[str] = Counter()
            broken: Counter[str] = Counter()
            for each in chosen:
                values = (
                    [each_place for each_place in each.marketplace
                     if not choice.marketplace or each_place in choice.marketplace]
                    if by == "marketplace" else [getattr(each, by)]
                )  # fmt: skip
                wanted.update(values)
                broken.update(values if Headline(each.headline) in BROKEN else [])

            found = accounts.groups(session, choice, by)

            assert dict(zip(found["value"], found["accounts"], strict=True)) == wanted, choice
            for row in found.itertuples():
                assert row.broken == broken[row.value]


def test_organizations_are_counted_by_their_chosen_accounts(database: str) -> None:
    fleet = stored(400)
    chance = random.Random(5)
    choices = [Choice(), Choice(page=2), Choice(marketplace=fleet[0].marketplace[:1])]
    choices += [some_choice(fleet, chance) for _ in range(30)]
    with reading() as session:
        for choice in choices:
            chosen = [each for each in fleet if is_chosen(each, choice)]
            names = sorted({(each.sort_name, each.organization_id) for each in chosen})

            found = customers.listing(session, choice)

            shown = [key for _, key in names][choice.offset : choice.offset + PAGE_SIZE]
            assert list(found["organization_id"]) == shown, choice
            assert customers.total(session, choice) == selection.Total(len(names)), choice
            for row in found.itertuples():
                own = [each for each in chosen if each.organization_id == row.organization_id]
                assert row.organization == own[0].organization
                assert row.accounts == len(own)
                assert row.broken == sum(Headline(each.headline) in BROKEN for each in own)
                assert row.us == sum(each.actor == "Us" for each in own)
                assert row.customer == sum(each.actor == "Customer" for each in own)
                assert row.headline == max(own, key=lambda each: each.severity).headline


def test_an_export_holds_every_chosen_account_in_order(database: str) -> None:
    fleet = stored(1200)
    chance = random.Random(6)
    with reading() as session:
        for choice in [Choice(), *[some_choice(fleet, chance) for _ in range(10)]]:
            rows = list(accounts.export(session, choice))

            assert [row[0] for row in rows] == expected(fleet, choice), choice
            assert all(len(row) == len(accounts.LISTING) for row in rows)


def test_accounts_made_as_in_real_life_are_found_by_all_they_are_known_by(database: str) -> None:
    with transaction() as session:
        ana = factories.staff(session, "Ana Berg")
        organization = factories.organization(
            session, "Åhléns Café", strategist_id=ana, contacts=["jo.berg@ahlens.example"]
        )
        account = factories.account(
            session, organization, "Nordic store", external_id="SHOP-9", merchant_id="A1NORDIC"
        )
        factories.account(session, factories.organization(session, "Other"), "Other EU")
    sweep()

    with reading() as session:
        for typed in ("ahl", "CAFÉ", "nordic st", "shop-9", "a1nor", "jo.berg@ahl", "store åhl"):
            assert selection.page_ids(session, Choice(search=typed)) == [account], typed
        for typed in ("hléns", "%", "ahl other", "nordic -", "';--"):
            assert account not in selection.page_ids(session, Choice(search=typed)), typed
        assert accounts.strategists(session) == [(ana, "Ana Berg")]
