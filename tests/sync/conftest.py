"""A stand-in Amazon, and customers whose consents are good there."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.amazon import ads, lwa
from dashboard.amazon.wire import Wire, network
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplace
from dashboard.sandbox.cast import find
from dashboard.settings import settings
from dashboard.sync.counting import counts
from dashboard.sync.queue import queue
from dashboard.sync.tasks import tasks
from tests import factories
from tests.sandboxes import Sandbox, serving
from tests.sync.servers import RedisServer
from tests.sync.workers import Start, started


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    with serving() as started:
        yield started
        network().close()


@pytest.fixture
def amazon(served: Sandbox, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A stand-in Amazon where all is well, at which the settings point."""
    with at_rest(served, monkeypatch):
        yield served


@contextmanager
def at_rest(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within the block the settings point at this stand-in Amazon, where all is well."""
    monkeypatch.setenv("DASHBOARD_SANDBOX_PORT", str(urlsplit(served.base).port))
    for cached in (settings, queue, tasks, counts):
        cached.cache_clear()
    served.reset()
    served.forget_calls()
    yield
    served.reset()
    for cached in (queue, tasks, counts):
        cached.cache_clear()


@pytest.fixture
def start(served: Sandbox) -> Iterator[Start]:
    """Starts workers of the settings' database at this stand-in Amazon."""
    begun = []

    def starting() -> "subprocess.Popen[bytes]":
        begun.append(started(urlsplit(served.base).port or 0))
        return begun[-1]

    yield starting
    for each in begun:
        if each.poll() is None:
            each.kill()
        each.wait()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running Redis. Without one the tests fail in CI, and are skipped aloud elsewhere."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The network, without pauses between tries."""
    opened = Wire(sleep=lambda _: None)
    yield opened
    opened.close()


@dataclass
class Fleet:
    """Customers of the stand-in Amazon."""

    amazon: Sandbox
    organizations: dict[str, int] = field(default_factory=dict)

    def connect(
        self, member: str, *, country: str = "DE", marketplaces: tuple[str, ...] = (),
        organization: str = "Acme GmbH",
    ) -> int:  # fmt: skip
        """An account whose consents this member of the cast gave; by default in all its places."""
        who = find(member)
        assert who is not None
        business, region = who.businesses[0], marketplace(country).region
        codes = marketplaces or tuple(each.code for each in business.places(region.value))
        with transaction() as session:
            if organization not in self.organizations:
                self.organizations[organization] = factories.organization(session, organization)
            account_id = factories.account(
                session, self.organizations[organization], f"{member} {region}",
                type=business.kind, region=region.value, marketplaces=codes,
                merchant_id=business.advertisers[region],
            )  # fmt: skip
        for channel in Channel:
            self.consent(account_id, member, channel, country)
        return account_id

    def consent(self, account_id: int, member: str, channel: Channel, country: str = "DE") -> int:
        """Put a consent of this member's into the account's grant."""
        token = SecretStr(self.amazon.refresh_token(member, channel, country))
        sealed, region = vault.seal(token), marketplace(country).region
        who = find(member)
        assert who is not None
        with transaction() as session:
            grant_id = factories.grant_of(session, account_id, channel)
            grant = session.get_one(Grant, grant_id)
            grant.refresh_token, grant.key_id, grant.version = sealed.text, sealed.key_id, 1
            grant.check_due_at = clock.now()
            if channel is Channel.SP_API:
                grant.identity = who.businesses[0].merchants[region]
                return grant.id
            access = lwa.refresh(channel, token).access_token
            known = {each.marketplace_id: each.id for each in ads.profiles(Region(region), access)}
            for place in session.scalars(
                sa.select(AccountMarketplace).where(AccountMarketplace.account_id == account_id)
            ):
                place.profile_id = known.get(place.marketplace_id)
            return grant.id

    def grant(self, account_id: int, channel: Channel) -> Grant:
        with reading() as session:
            return session.get_one(Grant, factories.grant_of(session, account_id, channel))

    def account(self, account_id: int) -> Account:
        with reading() as session:
            return session.get_one(Account, account_id)

    def channel(self, account_id: int, channel: Channel) -> AccountChannel:
        with reading() as session:
            return session.get_one(AccountChannel, (account_id, channel.value))

    def events(self, account_id: int) -> list[tuple[str, str]]:
        """What history tells of the account: each kind, and the reason it names."""
        with reading() as session:
            rows = session.scalars(
                sa.select(Event).where(Event.account_id == account_id).order_by(Event.id)
            )
            return [(each.kind, each.details.get("reason", "")) for each in rows]


@pytest.fixture
def fleet(amazon: Sandbox) -> Fleet:
    return Fleet(amazon)
