"""What a line of an import says, and why some lines are refused; and how the file is read."""

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.actions.imports.file import COLUMNS, LONGEST_LINE, MOST_ROWS, OPTIONAL, Line, opened
from dashboard.actions.imports.report import Problem, Refused, Report, refused_csv
from dashboard.actions.imports.rows import Record, Said, parse
from dashboard.actions.imports.standing import Settler, Standing
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadFile
from dashboard.marketplaces import Region, by_country
from dashboard.status import AccountType, ChannelStatus, Limits, Step

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = {
    "organization_id": "ORG-7",
    "organization": "Acme GmbH",
    "strategist_email": "ana.berg@northwind.example",
    "contact_email": "eva@acme.example",
    "account_id": "ACC-7",
    "account_name": "Acme Europe",
    "type": "seller",
    "region": "EU",
    "marketplaces": "DE;FR",
    "merchant_id": "A1ACME",
    "aaa_status": "Connected",
    "aaa_since": "2026-05-01",
    "sp_api_status": "Connected",
    "sp_api_since": "2026-05-01T10:00:00+02:00",
    "last_aaa_sync": "2026-11-23T11:00:00Z",
    "last_sp_api_sync": "2026-11-23 11:30",
    "setup_completed_at": "2026-05-02",
}


def read(**cells: str) -> Record | Refused:
    return parse(Line(5, GOOD | cells), NOW)


def accepted(**cells: str) -> Record:
    found = read(**cells)
    assert isinstance(found, Record), found
    return found


def refused(**cells: str) -> dict[str, str]:
    found = read(**cells)
    assert isinstance(found, Refused), found
    assert found.line == 5
    return dict(found.problems)


def test_a_row_is_read_as_documented() -> None:
    record = accepted()

    assert record.organization == "Acme GmbH"
    assert record.contacts == ("eva@acme.example",)
    assert record.type is AccountType.SELLER
    assert record.region is Region.EU
    assert record.marketplaces == (by_country()["DE"].id, by_country()["FR"].id)
    assert record.selling_partner.since == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert record.selling_partner.synced_at == datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    assert record.aaa.since == datetime(2026, 5, 1, tzinfo=UTC)


def test_words_are_read_in_any_case_and_spaces_around_them_do_not_matter() -> None:
    record = accepted(type=" SELLER ", region="eu", aaa_status="needs RECONNECT")
    assert record.aaa.status is ChannelStatus.NEEDS_RECONNECT
    assert accepted(account_name="  Acme \u00a0 Europe ").account_name == "Acme Europe"


def test_optional_cells_may_be_empty() -> None:
    record = accepted(**dict.fromkeys(OPTIONAL, ""))
    assert record.contacts == ()
    assert record.aaa == Said(ChannelStatus.CONNECTED, None, None)


def test_needed_cells_may_not_be_empty() -> None:
    found = read(**dict.fromkeys(COLUMNS, ""))
    assert isinstance(found, Refused)
    assert {problem.column for problem in found.problems} == set(COLUMNS) - OPTIONAL


def test_several_contacts_are_kept_once_each() -> None:
    record = accepted(contact_email="Eva@Acme.example; bo@acme.example;eva@acme.example")
    assert record.contacts == ("eva@acme.example", "bo@acme.example")


def test_britain_is_uk_to_amazon() -> None:
    assert accepted(marketplaces="GB, de").marketplaces[0] == by_country()["UK"].id


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("marketplaces", "DE;US", "US is not in region EU"),
        ("marketplaces", "DE;XX", "'XX' is not known"),
        ("marketplaces", " ; ", "at least one"),
        ("region", "Europe", "not one of: NA, EU, FE"),
        ("type", "", "one of: seller, vendor"),
        ("aaa_status", "Fine", "not one of: Not connected"),
        ("aaa_status", "Expiring", "do not expire"),
        ("aaa_status", "Not required", "required of every account"),
        ("sp_api_status", "Not required", "required of sellers"),
        ("contact_email", "eva at acme", "not an e-mail address"),
        ("strategist_email", "ana@@x.example", "not an e-mail address"),
        ("aaa_since", "11/23/2026", "not a date"),
        ("aaa_since", "0001-01-01T00:00+14:00", "not a date"),
        ("aaa_since", "1026-11-23", "before the year 2000"),
        ("last_aaa_sync", "2026-11-23T12:06:00Z", "in the future"),
        ("account_id", "A" * 101, "at most 100"),
        ("account_name", "A" * 10_001, "more than 10,000"),
        ("organization", "Acme\x00", "U+0000"),
        ("organization", "Acme\u202egnp", "U+202E"),
    ],
)
def test_a_cell_that_cannot_be_is_named_with_the_reason(column: str, cell: str, said: str) -> None:
    assert said in refused(**{column: cell})[column]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\r=", " =", "\u00a0@", "'=", "＝"])  # noqa: RUF001
@pytest.mark.parametrize(
    "column",
    [
        "organization_id",
        "organization",
        "strategist_email",
        "contact_email",
        "account_id",
        "account_name",
        "merchant_id",
    ],
)
def test_what_a_spreadsheet_would_run_is_refused(column: str, first: str) -> None:
    assert "formula" in refused(**{column: f"{first}HYPERLINK(1)"})[column]


def test_a_few_minutes_ahead_are_the_difference_of_two_clocks() -> None:
    assert accepted(last_aaa_sync="2026-11-23T12:04:00Z").aaa.synced_at


def test_a_vendor_may_do_without_sp_api() -> None:
    record = accepted(type="vendor", sp_api_status="not_required", sp_api_since="")
    assert record.selling_partner.status is ChannelStatus.NOT_REQUIRED


def test_data_that_nothing_connected_could_bring_is_refused() -> None:
    problems = refused(aaa_status="Not connected", sp_api_status="At Amazon")
    assert set(problems) == {"last_aaa_sync", "last_sp_api_sync", "setup_completed_at"}


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    assert set(refused(type="x", region="y", account_id="")) == {"type", "region", "account_id"}


cells = st.dictionaries(st.sampled_from(COLUMNS), st.text())


@given(cells)
@example({"aaa_since": "2026-W01-1"})
@example({"account_name": "\ud800"})
def test_no_text_whatsoever_upsets_the_reader(cells: dict[str, str]) -> None:
    for line in (Line(2, cells), Line(2, GOOD | cells)):
        found = parse(line, NOW)
        assert isinstance(found, Record) or all(problem.reason for problem in found.problems)


past = st.integers(0, 1000 * 86400).map(lambda seconds: NOW - timedelta(seconds=seconds))
maybe = st.none() | past
names = st.from_regex(r"[A-Za-zÀ-ÿ0-9][A-Za-zÀ-ÿ0-9 .,'&-]{0,50}[A-Za-z0-9]", fullmatch=True).map(
    lambda name: " ".join(name.split())
)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}", fullmatch=True)
statuses = st.sampled_from(
    [each for each in ChannelStatus if each not in {"Expiring", "Not required"}]
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    places = draw(st.sampled_from(Region))
    codes = [each.id for each in by_country().values() if each.region is places]
    aaa, selling_partner = draw(statuses), draw(statuses)
    synced = any(each not in {"Not connected", "At Amazon"} for each in (aaa, selling_partner))
    return Record(
        line=5,
        organization_id=draw(ids),
        organization=draw(names),
        strategist_email=draw(st.sampled_from(["", "ana@northwind.example"])),
        contacts=tuple(draw(st.sets(st.sampled_from(["a@x.example", "b@x.example"])))),
        account_id=draw(ids),
        account_name=draw(names),
        type=draw(st.sampled_from(AccountType)),
        region=places,
        marketplaces=tuple(draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))),
        merchant_id=draw(st.just("") | ids),
        aaa=Said(aaa, draw(maybe), draw(maybe) if synced else None),
        selling_partner=Said(selling_partner, draw(maybe), draw(maybe) if synced else None),
        setup_completed_at=draw(maybe) if synced else None,
    )


def written(record: Record) -> dict[str, str]:
    def said(moment: datetime | None) -> str:
        return moment.isoformat() if moment else ""

    return {
        "organization_id": record.organization_id,
        "organization": record.organization,
        "strategist_email": record.strategist_email,
        "contact_email": ";".join(record.contacts),
        "account_id": record.account_id,
        "account_name": record.account_name,
        "type": record.type,
        "region": record.region,
        "marketplaces": ";".join(record.marketplaces),
        "merchant_id": record.merchant_id,
        "aaa_status": record.aaa.status,
        "aaa_since": said(record.aaa.since),
        "sp_api_status": record.selling_partner.status,
        "sp_api_since": said(record.selling_partner.since),
        "last_aaa_sync": said(record.aaa.synced_at),
        "last_sp_api_sync": said(record.selling_partner.synced_at),
        "setup_completed_at": said(record.setup_completed_at),
    }


@given(records())
def test_what_is_written_as_documented_is_read_as_it_was_meant(record: Record) -> None:
    assert parse(Line(5, written(record)), NOW) == record


# How a row and what is stored come together.


@st.composite
def standings(draw: st.DrawFn, channel: Channel) -> Standing:
    standing = Standing(
        required=draw(st.booleans()),
        step=draw(st.sampled_from(Step)),
        problem=draw(st.none() | st.sampled_from(Reason)),
        problem_since=draw(maybe),
        since=draw(maybe),
    )
    if consented_at := draw(maybe):
        ends = None
        if channel is Channel.SP_API and draw(st.booleans()):
            ends = consented_at + timedelta(days=draw(st.integers(1, 1200)))
        used = {"consented_at": consented_at, "connected_at": draw(maybe)}
        return standing._replace(**used, expires_at=ends, refused_at=draw(maybe))
    return standing


@st.composite
def meetings(draw: st.DrawFn) -> tuple[Channel, Said, Standing | None, datetime | None]:
    channel = draw(st.sampled_from(Channel))
    possible = set(ChannelStatus)
    if channel is Channel.AAA:
        possible -= {ChannelStatus.EXPIRING, ChannelStatus.NOT_REQUIRED}
    said = Said(draw(st.sampled_from(sorted(possible))), draw(maybe), draw(maybe))
    return channel, said, draw(st.none() | standings(channel)), draw(maybe)


@given(meetings())
def test_saying_the_same_again_changes_nothing(
    meeting: tuple[Channel, Said, Standing | None, datetime | None],
) -> None:
    channel, said, stored, setup = meeting
    once = Settler(NOW, Limits()).settle(channel, said, stored, setup)
    again = Settler(NOW, Limits()).settle(channel, said, once, setup)
    assert again == once


# The file.


def table(content: bytes | str) -> list[Line]:
    given = content.encode() if isinstance(content, str) else content
    with opened(io.BytesIO(given)) as found:
        return list(found.lines())


def line(cells: dict[str, str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow(cells.values())
    return out.getvalue()


HEADER = ",".join(GOOD) + "\n"


def sentence(content: bytes | str) -> str:
    with pytest.raises(BadFile) as caught:
        table(content)
    return str(caught.value)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_with_and_without_a_byte_order_mark(bom: bytes, end: str) -> None:
    text = (HEADER + line(GOOD)).replace("\r\n", "\n").replace("\n", end)
    assert table(bom + text.encode()) == [Line(2, GOOD)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_the_one_of_the_header(delimiter: str) -> None:
    assert table(line({name: name for name in GOOD}, delimiter) + line(GOOD, delimiter)) == [
        Line(2, GOOD)
    ]


def test_headers_are_read_in_any_order_case_and_spelling() -> None:
    spelled = ["Setup completed at", "LAST SP-API SYNC", "last AAA sync", "SP-API since"]
    spelled += ["sp api status", "AAA-Since", "aaa status", "Merchant-ID", "Marketplaces", "Region"]
    spelled += ["TYPE", "Account name", "account id", "Contact e-mail", "strategist  e-mail"]
    spelled += ["Organization", "organization ID", "Notes"]
    content = ",".join(spelled) + "\n" + line(dict(reversed(GOOD.items())))

    with opened(io.BytesIO(content.encode())) as found:
        assert found.ignored == ["Notes"]
        assert [dict(each.cells) for each in found.lines()] == [GOOD]


def test_optional_columns_may_be_missing_and_lines_may_stop_early() -> None:
    short = {name: cell for name, cell in GOOD.items() if name not in OPTIONAL}
    assert table(",".join(short) + "\n" + line(short)) == [Line(2, short)]
    assert parse(table(HEADER + line(GOOD).replace(",2026-05-02", ""))[0], NOW)


def test_lines_without_text_are_left_out_and_the_others_keep_their_numbers() -> None:
    found = table(HEADER + "\n" + line(GOOD) + "," * 16 + "\n\n" + line(GOOD))
    assert [each.number for each in found] == [3, 6]


def test_all_missing_columns_are_named_in_one_sentence() -> None:
    assert "missing: account_id, type" in sentence("Organization ID,organization," + ",".join(
        name for name in COLUMNS if name not in {"account_id", "type"}
        and not name.startswith("organization")
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"PK\x03\x04\x14\x00rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (("﻿" + HEADER).encode("utf-16"), "UTF-16"),
        (HEADER.encode("utf-16-le"), "not a text file"),
        (b"\x00\x01\x02", "not a text file"),
        ((HEADER + "ORG,Åhléns,").encode("latin-1"), "not in UTF-8 (seen in line 2)"),
        (b'{"accounts": []}\n', "does not name the columns"),
        (b"hello", "does not name the columns"),
        (b'"never closed\n', "does not name the columns"),
        ((HEADER.strip() + ",TYPE\n").encode(), "type occurs twice"),
        (HEADER.replace("\n", "\r").encode() + b"ORG", "old Mac"),
        (b"x" * (LONGEST_LINE + 1), "Line 1 is longer than 100 kB"),
        (HEADER.encode() + b'"' + b"x" * LONGEST_LINE, "Line 2 is longer than 100 kB"),
    ],
)
def test_a_file_that_is_no_import_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    assert said in sentence(content)
    assert "\n" not in sentence(content)


def test_a_file_that_is_not_there_is_refused_too() -> None:
    with pytest.raises(BadFile, match=r"no file missing\.csv"), opened("/nowhere/missing.csv"):
        pass


def test_a_quotation_mark_that_is_never_closed_spoils_only_its_line() -> None:
    found = table(HEADER + line(GOOD | {"account_name": "x"}).replace("x", '"x') + line(GOOD))
    assert "quotation mark" in found[0].problem
    assert found[1] == Line(3, GOOD)


def test_a_row_with_more_cells_than_columns_says_so() -> None:
    assert "18 cells, but the header has 17" in table(HEADER + line(GOOD).strip() + ",x")[0].problem
    assert table(HEADER + line(GOOD).strip() + ",,\n") == [Line(2, GOOD)]


class Endless(io.RawIOBase):
    """A file of a gigabyte without a line break, which counts what is taken from it."""

    def __init__(self) -> None:
        self.taken = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        return 2**30 if whence == 2 else offset

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size

    def readline(self, size: int | None = -1) -> bytes:
        return self.read(size or 0)


def test_a_line_of_a_gigabyte_is_never_taken_into_memory() -> None:
    file = Endless()
    given: BinaryIO = file  # type: ignore[assignment]
    with pytest.raises(BadFile, match="longer than 100 kB"), opened(given):
        pass
    assert 0 < file.taken < 200_000


def test_a_file_has_an_end_to_how_many_rows_it_may_hold() -> None:
    content = HEADER.encode() + b"a\n" * (MOST_ROWS + 1)
    with opened(io.BytesIO(content)) as found, pytest.raises(BadFile, match="more than 500,000"):
        for _ in islice(found.lines(), MOST_ROWS + 2):
            pass


@given(st.binary(max_size=2000))
@example(HEADER.encode() + b'"\x00,"\n')
def test_no_bytes_whatsoever_upset_the_file_reader(content: bytes) -> None:
    for given_ in (content, HEADER.encode() + content):
        with suppress(BadFile):
            assert all(parse(each, NOW) for each in table(given_))


def test_refused_rows_can_be_mended_and_imported_and_run_nothing() -> None:
    cells = GOOD | {"account_name": "=cmd()", "organization": 'A "quoted", name'}
    report = Report(file="x.csv")
    report.refuse(Refused(7, (Problem("account_name", "It begins with =."),), cells))

    content = refused_csv(report)

    assert next(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        "line", "column", "reason", *COLUMNS,
    ]  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (row["line"], row["column"]) == ("7", "account_name")
    assert row["account_name"] == "'=cmd()"
    assert table(content)[0].cells["organization"] == 'A "quoted", name'
    assert "formula" in dict(parse(table(content)[0], NOW).problems)["account_name"]


def test_refused_rows_are_kept_up_to_a_bound_and_counted_beyond_it() -> None:
    report = Report(file="x.csv")
    for number in range(12_000):
        report.refuse(Refused(number, (Problem("type", "It is empty."),), GOOD))
    assert report.refused == 12_000
    assert len(report.refusals) == 10_000
