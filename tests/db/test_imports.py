"""Importing accounts: what a file does to the database, and what it never does."""

import csv
import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import staff as entering
from dashboard.actions import tallies
from dashboard.actions.assess import changing
from dashboard.actions.imports import COLUMNS, OPTIONAL, Report, preview, refused_csv, run
from dashboard.actions.tallies import tallied
from dashboard.db.counts import SearchWord
from dashboard.db.engine import engine, reading, transaction
from dashboard.db.history import Event, StatusSpell
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Grant,
    Model,
    Organization,
    StaffMember,
    Stream,
)
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadFile, NotAllowed, RowsRefused
from dashboard.queries import staff as members
from dashboard.roles import COMMAND_LINE, Role, Staff
from dashboard.settings import ROOT, settings
from dashboard.status import ChannelStatus, Headline, Limits
from tests import factories

pytestmark = pytest.mark.usefixtures("database")

SAMPLE = ROOT / "data" / "sample-import.csv"
NOW = clock.now()
DAY = timedelta(days=1)


def at(age: timedelta) -> str:
    return (NOW - age).isoformat()


GOOD = {
    "organization_id": "ORG-1",
    "organization": "Acme GmbH",
    "strategist_email": "ana.berg@northwind.example",
    "contact_email": "eva@acme.example",
    "account_id": "ACC-1",
    "account_name": "Acme Europe",
    "type": "seller",
    "region": "EU",
    "marketplaces": "DE;FR",
    "merchant_id": "A1ACME",
    "aaa_status": "Connected",
    "aaa_since": at(100 * DAY),
    "sp_api_status": "Connected",
    "sp_api_since": at(99 * DAY),
    "last_aaa_sync": at(timedelta(hours=1)),
    "last_sp_api_sync": at(timedelta(hours=2)),
    "setup_completed_at": at(98 * DAY),
}
NOTHING_YET = {
    "aaa_status": "Not connected",
    "sp_api_status": "Not connected",
    "last_aaa_sync": "",
    "last_sp_api_sync": "",
    "setup_completed_at": "",
}


def row(number: int = 1, **cells: str) -> dict[str, str]:
    own = {"account_id": f"ACC-{number}", "merchant_id": f"A{number}ACME"}
    return GOOD | own | cells


def file(*rows: Mapping[str, str]) -> io.BytesIO:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode())


def imported(*rows: Mapping[str, str], skip_refused: bool = False) -> Report:
    """Import rows, after a look at them that must promise the same; tallies stay true."""
    promised = preview(COMMAND_LINE, file(*rows))
    done = run(COMMAND_LINE, file(*rows), skip_refused=skip_refused)
    assert promised.counts == done.counts
    with reading() as session:
        assert not tallies.recount(session)
    return done


def account(key: str = "ACC-1") -> Any:
    with reading() as session:
        return session.execute(
            sa.select(*Account.__table__.c).where(Account.external_id == key)
        ).one()


def channel(key: str, name: Channel) -> Any:
    """A channel with its grant."""
    with reading() as session:
        return session.execute(
            sa.select(*AccountChannel.__table__.c, *Grant.__table__.c[1:])
            .join(Account, Account.id == AccountChannel.account_id)
            .outerjoin(Grant, Grant.id == AccountChannel.grant_id)
            .where(Account.external_id == key, AccountChannel.channel == name.value)
        ).one()


def count(model: type[Model]) -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All that is stored, but for when accounts were heard of and the history of imports."""
    found = {}
    with reading() as session:
        for table in Model.metadata.sorted_tables:
            columns = [c for c in table.c if c.name not in {"observed_at", "changes_at"}]
            if table.name != "events":
                rows = session.execute(sa.select(*columns)).all()
                found[table.name] = sorted([tuple(each) for each in rows], key=repr)
    return found


def refused(*rows: Mapping[str, str]) -> dict[int, dict[str, str]]:
    report = preview(COMMAND_LINE, file(*rows))
    return {each.line: dict(each.problems) for each in report.refusals}


def test_an_account_is_made_as_the_row_says() -> None:
    report = imported(row())

    assert report.counts == {
        "rows": 1,
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
        "organizations_created": 1,
        "organizations_changed": 0,
        "strategists_added": 1,
    }
    made = account()
    assert (made.name, made.type, made.region) == ("Acme Europe", "seller", "EU")
    assert (made.headline, made.aaa_status, made.sp_api_status) == (
        Headline.HEALTHY, ChannelStatus.CONNECTED, ChannelStatus.CONNECTED,
    )  # fmt: skip
    assert made.oldest_sync_at == NOW - timedelta(hours=2)
    assert made.setup_completed_at == NOW - 98 * DAY
    with reading() as session:
        assert session.scalars(sa.select(Contact.email)).all() == ["eva@acme.example"]
        assert session.scalar(sa.select(SearchWord.account_id).where(SearchWord.word == "acme"))
        assert len(session.scalars(sa.select(AccountMarketplace.sort_name)).all()) == 2
        assert len(session.scalars(sa.select(Stream.id)).all()) == 4
    assert channel("ACC-1", Channel.SP_API).identity == "A1ACME"
    assert channel("ACC-1", Channel.SP_API).expires_at == NOW + (365 - 99) * DAY
    assert channel("ACC-1", Channel.AAA).expires_at is None


S = ChannelStatus


@pytest.mark.parametrize(
    ("aaa", "sp_api", "headline"),
    [
        (S.CONNECTED, S.CONNECTED, Headline.HEALTHY),
        (S.CONNECTED, S.EXPIRING, Headline.EXPIRING),
        (S.CONNECTED, S.NEEDS_RECONNECT, Headline.NEEDS_RECONNECT),
        (S.NEEDS_RECONNECT, S.CONNECTED, Headline.NEEDS_RECONNECT),
        (S.NEEDS_PERMISSION, S.CONNECTED, Headline.NEEDS_PERMISSION),
        (S.CONNECTED, S.NEEDS_PERMISSION, Headline.NEEDS_PERMISSION),
        (S.CONNECTED, S.NOT_CONNECTED, Headline.NOT_CONNECTED),
        (S.CONNECTED, S.AT_AMAZON, Headline.NOT_CONNECTED),
        (S.AT_AMAZON, S.CONNECTED, Headline.NOT_CONNECTED),
        (S.PAUSED, S.PAUSED, Headline.PAUSED),
        (S.UNKNOWN, S.UNKNOWN, Headline.UNKNOWN),
    ],
)
@pytest.mark.parametrize("since", [at(3 * DAY), ""], ids=["dated", "undated"])
def test_statuses_are_shown_as_the_row_says_them(
    aaa: ChannelStatus, sp_api: ChannelStatus, headline: Headline, since: str
) -> None:
    told = row(aaa_status=aaa, sp_api_status=sp_api, aaa_since=since, sp_api_since=since)

    imported(told)

    made = account()
    assert (made.aaa_status, made.sp_api_status, made.headline) == (aaa, sp_api, headline)
    assert imported(told).unchanged == 1


def test_a_first_status_begins_when_the_row_says_it_did() -> None:
    imported(
        row(1, sp_api_status="Needs reconnect", sp_api_since=at(3 * DAY)),
        row(2, **NOTHING_YET, aaa_since=at(9 * DAY), sp_api_since=at(9 * DAY)),
        row(3),
        row(4, last_aaa_sync=at(3 * DAY)),
        row(5, sp_api_since="", aaa_since="", setup_completed_at="", sp_api_status="At Amazon"),
    )
    began = {key: account(f"ACC-{key}").headline_since for key in range(1, 6)}
    assert began[1] == NOW - 3 * DAY
    assert began[2] == NOW - 9 * DAY
    assert began[3] == NOW - 99 * DAY
    assert began[4] == NOW - 2 * DAY
    assert began[5] >= NOW
    assert channel("ACC-1", Channel.SP_API).status_since == NOW - 3 * DAY
    with reading() as session:
        assert session.scalar(sa.select(sa.func.min(StatusSpell.started_at))) == began[3]


def test_a_consent_older_than_a_year_must_have_been_renewed() -> None:
    imported(row(sp_api_since=at(800 * DAY)))
    assert channel("ACC-1", Channel.SP_API).expires_at == NOW + (3 * 365 - 800) * DAY
    assert account().sp_api_status == ChannelStatus.CONNECTED


def test_a_vendor_needs_sp_api_unless_the_row_says_otherwise() -> None:
    imported(
        row(1, type="vendor", sp_api_status="Not required", sp_api_since="", last_sp_api_sync=""),
        row(2, type="vendor", sp_api_status="Not connected", sp_api_since="", last_sp_api_sync=""),
    )
    assert account("ACC-1").headline == Headline.HEALTHY
    assert account("ACC-1").sp_api_status == ChannelStatus.NOT_REQUIRED
    assert account("ACC-2").headline == Headline.NOT_CONNECTED


def test_the_same_file_twice_changes_nothing_but_when_accounts_were_heard_of() -> None:
    run(COMMAND_LINE, SAMPLE)
    before, events = everything(), count(Event)

    again = run(COMMAND_LINE, SAMPLE)

    assert (again.created, again.changed, again.refused) == (0, 0, 0)
    assert again.unchanged == again.rows > 50
    assert everything() == before
    assert count(Event) == events + 1


def test_the_sample_holds_some_of_everything() -> None:
    report = run(COMMAND_LINE, SAMPLE)
    assert not report.refused
    assert not report.ignored
    with reading() as session:
        headlines = set(session.scalars(sa.select(Account.headline).distinct()))
        assert len(set(session.scalars(sa.select(Account.region)))) == 3
        assert not tallies.recount(session)
    assert headlines >= {"Not connected", "Needs reconnect", "Needs permission", "Paused"}


def test_a_second_look_at_new_accounts_finds_what_the_import_stored() -> None:
    both = [each for each in ChannelStatus if each not in {"Expiring", "Not required"}]
    pairs = [(aaa, sp_api) for aaa in both for sp_api in [*both, ChannelStatus.EXPIRING]]
    rows = [
        row(number, aaa_status=aaa, sp_api_status=sp_api)
        for number, (aaa, sp_api) in enumerate(pairs, start=1)
    ]
    run(COMMAND_LINE, SAMPLE)
    run(COMMAND_LINE, file(*rows), skip_refused=True)
    before = everything()
    with reading() as session:
        turns = dict(session.execute(sa.select(Account.id, Account.changes_at)).all())

    with transaction() as session, tallied(session) as deltas:
        with changing(session, deltas, list(turns), clock.now()):
            pass
        assert not any(deltas.values())

    assert everything() == before
    with reading() as session:
        assert turns == dict(session.execute(sa.select(Account.id, Account.changes_at)).all())


def test_a_preview_writes_nothing() -> None:
    before = everything()
    report = preview(COMMAND_LINE, SAMPLE)
    assert report.created > 50
    assert everything() == before
    assert not count(Event)


def test_a_changed_row_changes_its_account_and_names_the_columns() -> None:
    imported(row(1), row(2))

    report = imported(
        row(
            1,
            account_name="Acme Continent",
            marketplaces="DE;IT",
            sp_api_status="Needs reconnect",
            sp_api_since=at(2 * DAY),
            last_aaa_sync=at(timedelta(minutes=5)),
        ),
        row(2),
    )

    assert (report.changed, report.unchanged) == (1, 1)
    (sample,) = report.samples
    assert sample.account_id == "ACC-1"
    assert set(sample.columns) == {
        "account_name", "marketplaces", "sp_api_status", "last_aaa_sync",
    }  # fmt: skip
    changed = account()
    assert (changed.name, changed.headline) == ("Acme Continent", Headline.NEEDS_RECONNECT)
    assert channel("ACC-1", Channel.SP_API).refused_at == NOW - 2 * DAY
    assert channel("ACC-1", Channel.SP_API).status_since == NOW - 2 * DAY
    with reading() as session:
        words = set(session.scalars(sa.select(SearchWord.word)))
        spells = session.scalars(
            sa.select(StatusSpell.headline)
            .where(StatusSpell.account_id == changed.id)
            .order_by(StatusSpell.started_at)
        ).all()
        streams = session.execute(
            sa.select(Stream.marketplace_id, Stream.channel, Stream.last_success_at).where(
                Stream.account_id == changed.id
            )
        ).all()
    assert "continent" in words
    assert spells == [Headline.HEALTHY, Headline.NEEDS_RECONNECT]
    assert len(streams) == 4
    assert {each.last_success_at for each in streams if each.channel == "AAA"} == {
        NOW - timedelta(minutes=5)
    }


def test_a_marketplace_that_is_left_takes_its_streams_and_runs_with_it() -> None:
    imported(row())
    with transaction() as session:
        for stream in factories.streams(session, account().id):
            factories.run(session, stream, timedelta(hours=3))

    imported(row(marketplaces="FR;ES", merchant_id=""))

    with reading() as session:
        places = session.execute(
            sa.select(Stream.channel, sa.func.count()).group_by(Stream.channel)
        ).all()
        assert sorted(tuple(each) for each in places) == [("AAA", 2), ("SP-API", 2)]
    assert account().merchant_id == "A1ACME"


def test_a_marketplace_that_joins_without_data_has_48_hours_for_its_first_sync() -> None:
    undated = {"last_aaa_sync": "", "last_sp_api_sync": ""}
    imported(row())
    with reading() as session:
        added = set(session.scalars(sa.select(Stream.added_at)))
    assert added == {NOW - 100 * DAY, NOW - 99 * DAY}

    imported(row(marketplaces="DE;FR;IT", **undated))

    assert account().headline == Headline.FIRST_SYNC
    with reading() as session:
        added = set(session.scalars(sa.select(Stream.added_at)))
    assert max(added) >= NOW
    assert imported(row(marketplaces="DE;FR;IT", **undated)).unchanged == 1


def test_a_channel_that_is_required_later_has_48_hours_from_its_consent_on() -> None:
    lone = {"type": "vendor", "last_sp_api_sync": "", "merchant_id": ""}
    imported(row(sp_api_status="Not required", sp_api_since="", **lone))
    for age, headline in ((3 * DAY, Headline.LATE), (DAY, Headline.FIRST_SYNC)):
        imported(row(sp_api_since=at(age), **lone))
        assert account().headline == headline


def test_empty_cells_leave_what_is_known_as_it_is() -> None:
    imported(row())
    before = everything()
    assert imported(row() | dict.fromkeys(OPTIONAL, "")).unchanged == 1
    assert everything() == before


def test_contacts_are_added_and_never_taken_away() -> None:
    imported(row())
    report = imported(row(contact_email="bo@acme.example"))
    assert (report.changed, report.organizations_changed) == (1, 1)
    with reading() as session:
        assert set(session.scalars(sa.select(Contact.email))) == {
            "eva@acme.example", "bo@acme.example",
        }  # fmt: skip
        assert session.scalar(sa.select(SearchWord.account_id).where(SearchWord.word == "bo"))


def test_an_organization_takes_its_other_accounts_along() -> None:
    imported(row(1), row(2), row(3, organization_id="ORG-3", organization="Zeta"))

    report = imported(row(1, organization="Neu AG", strategist_email="bo.lind@northwind.example"))

    assert (report.changed, report.organizations_changed, report.strategists_added) == (1, 1, 1)
    assert account("ACC-2").sort_name.startswith("neu ag")
    assert account("ACC-2").strategist_id == account("ACC-1").strategist_id
    assert account("ACC-3").strategist_id != account("ACC-1").strategist_id
    with reading() as session:
        found = sa.select(SearchWord.account_id).where(SearchWord.word == "neu")
        assert set(session.scalars(found)) == {account("ACC-1").id, account("ACC-2").id}
        names = sa.select(AccountMarketplace.sort_name).where(
            AccountMarketplace.account_id == account("ACC-2").id
        )
        assert {name[:6] for name in session.scalars(names)} == {"neu ag"}


def test_counts_are_the_same_however_far_apart_the_rows_of_an_organization_are() -> None:
    rows = [row(number, merchant_id="") for number in range(1, 1011)]
    assert imported(*rows).created == 1010

    renamed = imported(*[each | {"organization": "Neu AG"} for each in rows])

    assert (renamed.changed, renamed.organizations_changed) == (1010, 1)
    assert imported(*[each | {"organization": "Neu AG"} for each in rows]).unchanged == 1010


def test_nobody_gets_in_by_being_named_in_a_file() -> None:
    imported(row())
    with reading() as session:
        added = session.execute(sa.select(*StaffMember.__table__.c)).one()
        assert (added.name, added.role, added.active) == ("Ana Berg", Role.STRATEGIST, False)
        known = members.member(session, added.email)
        assert known is not None
        assert not known.active


def test_the_first_admin_is_not_locked_out_by_being_named_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DASHBOARD_FIRST_ADMIN", "Ana.Berg@northwind.example")
    settings.cache_clear()
    assert "must sign in once" in refused(row())[2]["strategist_email"]

    entering.enter_first_admin("ana.berg@northwind.example", "Ana Berg")

    assert imported(row()).created == 1
    with reading() as session:
        known = members.member(session, "ana.berg@northwind.example")
    assert known is not None
    assert known.active


def test_a_strategist_who_is_staff_already_stays_as_they_are() -> None:
    with transaction() as session:
        staff_id = factories.staff(session, "Bo Lind", Role.MANAGER)
        email = session.scalar(sa.select(StaffMember.email))
    assert imported(row(strategist_email=email or "")).strategists_added == 0
    assert account().strategist_id == staff_id
    with reading() as session:
        assert session.scalar(sa.select(StaffMember.role)) == Role.MANAGER


def test_one_bad_row_stops_the_file_unless_skipping_is_chosen() -> None:
    rows = [row(1), row(2, marketplaces="US"), row(3)]
    before = everything()

    with pytest.raises(RowsRefused, match=r"1 of 3 rows .* line 3, marketplaces: US is not in"):
        run(COMMAND_LINE, file(*rows))

    assert everything() == before
    report = imported(*rows, skip_refused=True)
    assert (report.created, report.refused) == (2, 1)
    assert b"US is not in region EU" in refused_csv(report)
    assert count(Account) == 2


def test_rows_that_contradict_an_earlier_one_are_refused_by_both_lines() -> None:
    found = refused(
        row(1),
        row(1, account_name="Again"),
        row(2, organization="Other name"),
        row(3, strategist_email="bo@northwind.example"),
        row(4, strategist_email=""),
    )
    assert set(found) == {3, 4, 5}
    assert "line 2" in found[3]["account_id"]
    assert "Line 2 calls" in found[4]["organization"]
    assert "Line 2 gives" in found[5]["strategist_email"]


def test_what_only_a_refused_row_said_contradicts_nothing() -> None:
    assert set(refused(row(1, type="x", organization="Wrong"), row(1))) == {2}


def test_an_account_does_not_move_to_another_organization() -> None:
    imported(row())
    found = refused(row(organization_id="ORG-2"))
    assert "belongs to organization ORG-1" in found[2]["organization_id"]


def test_news_older_than_what_is_known_is_left_alone() -> None:
    imported(row(sp_api_status="Needs reconnect", sp_api_since=at(2 * DAY)))
    before = everything()

    report = imported(row(sp_api_status="Connected", sp_api_since=at(3 * DAY)))

    assert (report.unchanged, report.outdated) == (1, 1)
    assert everything() == before

    report = imported(row(sp_api_status="Connected", sp_api_since=at(1 * DAY)))
    assert (report.changed, report.outdated) == (1, 0)
    assert account().sp_api_status == ChannelStatus.CONNECTED


def test_a_channel_is_connected_since_its_consent_began_and_a_consent_that_stays_keeps_it() -> None:
    imported(row(1), row(2, **NOTHING_YET, aaa_since="", sp_api_since=""))
    assert channel("ACC-1", Channel.AAA).connected_at == NOW - 100 * DAY
    assert channel("ACC-2", Channel.AAA).connected_at is None

    joined = NOW - 2 * DAY
    with transaction() as session:
        session.execute(sa.update(AccountChannel).values(connected_at=joined))
    assert imported(row(1), row(2)).unchanged == 1
    assert channel("ACC-1", Channel.AAA).connected_at == joined
    assert channel("ACC-2", Channel.SP_API).connected_at == NOW - 99 * DAY

    imported(row(1, aaa_since=at(DAY)))
    assert channel("ACC-1", Channel.AAA).connected_at == NOW - DAY
    assert channel("ACC-1", Channel.SP_API).connected_at == joined


def test_dates_may_follow_in_a_later_file() -> None:
    undated = {"aaa_since": "", "sp_api_since": "", "setup_completed_at": ""}
    imported(row(**undated))
    assert set(imported(row()).samples[0].columns) == {
        "aaa_since", "sp_api_since", "setup_completed_at",
    }  # fmt: skip
    assert channel("ACC-1", Channel.AAA).consented_at == NOW - 100 * DAY


def test_what_only_a_check_of_ours_can_know_is_not_imported_away() -> None:
    imported(row(aaa_since="", sp_api_since=""))
    with transaction() as session, tallied(session) as deltas:
        ids = [account().id]
        with changing(session, deltas, ids, clock.now()):
            session.execute(
                sa.update(AccountChannel)
                .where(AccountChannel.channel == Channel.AAA.value)
                .values(problem=Reason.OUR_SECRET_REFUSED.value, problem_since=NOW)
            )
    assert imported(row(aaa_since="", sp_api_since="")).unchanged == 1
    assert account().headline == Headline.OUR_FIX


def forget(age: timedelta) -> None:
    """Pretend that accounts were last heard of this long ago."""
    with transaction() as session, tallied(session) as deltas:
        ids = list(session.scalars(sa.select(Account.id)))
        with changing(session, deltas, ids, clock.now()):
            session.execute(sa.update(Account).values(observed_at=clock.now() - age))


def test_an_account_that_is_heard_of_again_is_unknown_no_longer() -> None:
    imported(row())
    forget(Limits().telemetry + DAY)
    assert account().headline == Headline.UNKNOWN

    report = imported(row())

    assert (report.unchanged, report.changed) == (1, 0)
    assert account().headline == Headline.HEALTHY
    assert channel("ACC-1", Channel.AAA).status_since == NOW - 100 * DAY


def test_a_time_without_news_is_not_forgotten_when_news_comes() -> None:
    told = row(last_aaa_sync=at(5 * DAY), last_sp_api_sync=at(5 * DAY))
    imported(told)
    silent = clock.now() - DAY
    with transaction() as session:
        session.execute(
            sa.update(Account).values(observed_at=silent - Limits().telemetry, changes_at=silent)
        )

    imported(told)

    with reading() as session:
        spells = session.execute(
            sa.select(StatusSpell.headline, StatusSpell.started_at).order_by(StatusSpell.id)
        ).all()
    assert [each.headline for each in spells] == ["Late", "Unknown", "Late"]
    assert spells[1].started_at == silent
    assert channel("ACC-1", Channel.AAA).status_since == NOW - 100 * DAY


def test_a_pause_ends_when_the_file_says_so() -> None:
    imported(row(aaa_status="Paused", aaa_since=at(2 * DAY), sp_api_status="Paused"))
    assert account().headline == Headline.PAUSED
    assert imported(row(aaa_since=at(1 * DAY))).changed == 1
    assert account().headline == Headline.HEALTHY


def test_who_is_not_connected_any_more_starts_anew() -> None:
    imported(row())
    report = imported(row(**NOTHING_YET, aaa_since=at(DAY), sp_api_since=at(DAY)))
    assert report.changed == 1
    assert account().headline == Headline.NOT_CONNECTED
    assert account().setup_completed_at is None
    assert imported(row(**NOTHING_YET, aaa_since=at(DAY), sp_api_since=at(DAY))).unchanged == 1


def test_accounts_of_one_seller_share_the_consent_their_rows_agree_on() -> None:
    same = {"merchant_id": "A1ACME"}
    imported(row(1, **same), row(2, **same), row(3, **same, sp_api_since=at(5 * DAY)))
    grants = [channel(f"ACC-{key}", Channel.SP_API).grant_id for key in (1, 2, 3)]
    assert grants[0] == grants[1] != grants[2]

    lost = {"sp_api_status": "Needs reconnect", "sp_api_since": at(DAY)}
    imported(row(1, **same, **lost), row(2, **same), row(3, **same, sp_api_since=at(5 * DAY)))
    assert account("ACC-1").headline == Headline.NEEDS_RECONNECT
    assert account("ACC-2").headline == Headline.HEALTHY


def test_a_consent_of_ours_is_corrected_in_its_place() -> None:
    imported(row(merchant_id=""))
    assert channel("ACC-1", Channel.SP_API).identity == "import:ACC-1"
    imported(row())
    assert channel("ACC-1", Channel.SP_API).identity == "A1ACME"
    assert count(Grant) == 2


def test_type_and_region_can_be_corrected() -> None:
    imported(row())
    report = imported(row(type="vendor", region="NA", marketplaces="US"))
    assert set(report.samples[0].columns) == {"type", "region", "marketplaces"}
    assert (account().type, account().region) == ("vendor", "NA")
    assert channel("ACC-1", Channel.SP_API).region == "NA"


def test_every_account_and_the_file_leave_a_line_of_history() -> None:
    support = Staff(None, "", "Sue Port", Role.SUPPORT)
    content = file(row(1), row(2))
    content.name = "../customers.csv"
    run(support, content)
    run(support, file(row(1, account_name="New"), row(2, contact_email="bo@acme.example")))

    with reading() as session:
        events = session.execute(sa.select(*Event.__table__.c).order_by(Event.id)).all()
    assert {each.staff_name for each in events} == {"Sue Port"}
    assert [each.kind for each in events].count("file_imported") == 2
    made = [each for each in events if each.kind == "imported"]
    assert made[0].details == {"result": "created", "file": "customers.csv"}
    assert made[2].details["columns"] == ["account_name"]
    assert [each.account_id is None for each in made] == [False, False, False, False, True]
    assert all(each.organization_id for each in made)
    assert events[2].details["created"] == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STRATEGIST, Role.MANAGER])
def test_only_who_may_import_can(role: Role) -> None:
    somebody = Staff(None, "", "Somebody", role)
    for attempt in (preview, run):
        with pytest.raises(NotAllowed, match="may not import"):
            attempt(somebody, SAMPLE)
    assert not count(Account)


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(BadFile, match="no rows"):
        run(COMMAND_LINE, file())


class Changing(io.BytesIO):
    """A file that is another one when it is read again."""

    def __init__(self, first: bytes, then: bytes) -> None:
        super().__init__(first)
        self.then = then
        self.starts = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.starts += (offset, whence) == (0, 0)
        if self.starts == 4:
            super().seek(0)
            self.truncate()
            self.write(self.then)
            self.starts += 1
        return super().seek(offset, whence)


def test_what_goes_wrong_after_the_preview_leaves_nothing_behind() -> None:
    rows = [row(number) for number in range(1, 1011)]
    good = file(*rows).getvalue()
    before = everything()
    for bad in (good + b"\xff\n", file(*rows, row(1)).getvalue()):
        with pytest.raises(BadFile, match="Nothing was written"):
            run(COMMAND_LINE, Changing(good, bad))
        assert everything() == before
        assert not count(Event)


def test_two_imports_at_once_wait_for_each_other() -> None:
    rows = [row(number) for number in range(1, 301)]
    engine()
    with ThreadPoolExecutor(2) as both:
        reports = list(both.map(lambda _: run(COMMAND_LINE, file(*rows)), range(2)))

    assert sorted(report.created for report in reports) == [0, 300]
    assert count(Account) == 300
    assert count(Organization) == 1
    with reading() as session:
        assert not tallies.recount(session)


def test_progress_goes_from_little_to_all() -> None:
    shares: list[float] = []
    run(COMMAND_LINE, SAMPLE, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_moments_survive_both_databases() -> None:
    imported(row(setup_completed_at="2026-03-29T02:30:00+02:00"))
    assert account().setup_completed_at == datetime.fromisoformat("2026-03-29T00:30:00+00:00")
