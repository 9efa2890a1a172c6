"""One line of the file -> what it says of an account, or everything that is wrong with it; pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from dashboard.actions.imports import values
from dashboard.actions.imports.file import Line
from dashboard.actions.imports.report import Problem, Refused
from dashboard.diagnosis import Channel
from dashboard.errors import BadInput
from dashboard.marketplaces import Region, marketplaces
from dashboard.status import AccountType, ChannelStatus

T = TypeVar("T")

WITHOUT_CONSENT: Final = frozenset(
    {ChannelStatus.NOT_CONNECTED, ChannelStatus.AT_AMAZON, ChannelStatus.NOT_REQUIRED}
)
"""Statuses of a channel that the customer has not let us into."""

NAMES: Final = {
    Channel.AAA: ("aaa_status", "aaa_since", "last_aaa_sync"),
    Channel.SP_API: ("sp_api_status", "sp_api_since", "last_sp_api_sync"),
}
"""The columns of each channel: its status, since when, and its last sync."""


class Said(NamedTuple):
    """What a row says of one channel. ``since`` is when the status began, where that is given."""

    status: ChannelStatus
    since: datetime | None
    synced_at: datetime | None


class Record(NamedTuple):
    """What a row says of an account; empty texts and ``None`` mean that nothing is said.

    ``account_id`` and ``organization_id`` are the company's own ids, ``marketplaces`` Amazon's.
    """

    line: int
    organization_id: str
    organization: str
    strategist_email: str
    contacts: tuple[str, ...]
    account_id: str
    account_name: str
    type: AccountType
    region: Region
    marketplaces: tuple[str, ...]
    merchant_id: str
    aaa: Said
    selling_partner: Said
    setup_completed_at: datetime | None

    @property
    def channels(self) -> tuple[tuple[Channel, Said], tuple[Channel, Said]]:
        """Both channels, in the order customers connect them."""
        return (Channel.AAA, self.aaa), (Channel.SP_API, self.selling_partner)


def parse(line: Line, now: datetime) -> Record | Refused:
    """Read a row, finding everything that is wrong with it alone.

    Args:
        line: as ``file`` read it.
        now: aware UTC; nothing may have happened later.
    """
    if line.problem:
        return Refused(line.number, (Problem("", line.problem),), line.cells)
    row = _Row(line, now)
    record = row.record()
    problems = row.problems or _contradictions(record)
    return Refused(line.number, tuple(problems), line.cells) if problems else record


class _Row:
    """The cells of a row, and what is wrong with those that were read."""

    def __init__(self, line: Line, now: datetime) -> None:
        self.line = line
        self.now = now
        self.problems: list[Problem] = []

    def read(self, column: str, reader: Callable[[str], T], otherwise: T) -> T:
        try:
            return reader(self.line.cells.get(column, ""))
        except BadInput as error:
            self.problems.append(Problem(column, str(error)))
            return otherwise

    def id(self, column: str) -> str:
        return self.read(column, lambda cell: values.needed(cell, values.LONGEST_ID), "")

    def moment(self, column: str) -> datetime | None:
        return self.read(column, lambda cell: values.moment(cell, self.now), None)

    def said(self, channel: Channel) -> Said:
        status, since, synced = NAMES[channel]
        return Said(
            self.read(status, lambda cell: values.word(cell, ChannelStatus), ChannelStatus.UNKNOWN),
            self.moment(since),
            self.moment(synced),
        )

    def record(self) -> Record:
        return Record(
            line=self.line.number,
            organization_id=self.id("organization_id"),
            organization=self.read("organization", values.needed, ""),
            strategist_email=self.read("strategist_email", values.email, ""),
            contacts=self.read("contact_email", values.emails, ()),
            account_id=self.id("account_id"),
            account_name=self.read("account_name", values.needed, ""),
            type=self.read("type", lambda cell: values.word(cell, AccountType), AccountType.SELLER),
            region=self.read("region", lambda cell: values.word(cell, Region), Region.NA),
            marketplaces=self.read("marketplaces", values.places, ()),
            merchant_id=self.read(
                "merchant_id", lambda cell: values.text(cell, values.LONGEST_ID), ""
            ),
            aaa=self.said(Channel.AAA),
            selling_partner=self.said(Channel.SP_API),
            setup_completed_at=self.moment("setup_completed_at"),
        )


def _contradictions(record: Record) -> list[Problem]:
    """What cannot be true together, although each cell could be."""
    found = []
    outside = [
        known.country_code
        for known in map(marketplaces().__getitem__, record.marketplaces)
        if known.region is not record.region
    ]
    if outside:
        found.append(
            Problem(
                "marketplaces",
                f"{', '.join(outside)} is not in region {record.region}: an account holds "
                "marketplaces of one region, those of another belong to another account.",
            )
        )
    aaa, selling_partner = record.aaa.status, record.selling_partner.status
    if aaa is ChannelStatus.NOT_REQUIRED:
        found.append(Problem("aaa_status", "AAA is required of every account."))
    if aaa is ChannelStatus.EXPIRING:
        found.append(Problem("aaa_status", "AAA consents do not expire, only those of SP-API."))
    if selling_partner is ChannelStatus.NOT_REQUIRED and record.type is AccountType.SELLER:
        found.append(
            Problem("sp_api_status", "SP-API is required of sellers, only not of vendors.")
        )
    return found + _impossible_syncs(record)


def _impossible_syncs(record: Record) -> list[Problem]:
    """Data that cannot have come: no channel is connected."""
    if any(said.status not in WITHOUT_CONSENT for _, said in record.channels):
        return []
    given = {
        NAMES[Channel.AAA][2]: record.aaa.synced_at,
        NAMES[Channel.SP_API][2]: record.selling_partner.synced_at,
        "setup_completed_at": record.setup_completed_at,
    }
    return [
        Problem(
            column,
            "It has a date, but neither channel is connected: leave it empty, or give the status "
            "Needs reconnect to a channel that was connected before.",
        )
        for column, moment in given.items()
        if moment is not None
    ]
