"""Mail is sent once, tried again when that helps, and given up with a reason when it does not."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from cryptography.fernet import Fernet

from dashboard import clock, mail
from dashboard.actions import assess, outbox, tallies
from dashboard.actions.connecting import links, messages
from dashboard.actions.connecting.making import NewLink
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.history import Event
from dashboard.db.models import AccountChannel, Grant
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import ConfigurationError, MailFailed, NotAllowed, NothingToConnect
from dashboard.mail import Mail
from dashboard.queries import outbox as queries
from dashboard.roles import Role, Staff
from dashboard.settings import settings
from tests import factories
from tests.factories import REVOKED, Wire

ANA = Staff(id=None, email="ana@northwind.example", name="Ana", role=Role.SUPPORT)
ZOE = "zoe@acme.example"


class Post:
    """A mail server's memory, and what it answers."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.answer = "250 taken"
        self.recipient_answer = "250 fine"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            found = message_from_bytes(envelope.content, policy=default)
            assert isinstance(found, EmailMessage)
            self.received.append(found)
        return self.answer


class Listening(Controller):
    """A mail server on a free port of this machine."""

    def _trigger_server(self) -> None:
        """Knock where it listens in fact."""
        assert self.server is not None
        self.port = int(self.server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server that the settings name."""
    kept = Post()
    server = Listening(kept, hostname="127.0.0.1", port=0)
    server.start()
    monkeypatch.setenv("DASHBOARD_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
    settings.cache_clear()
    yield kept
    server.stop()


def relaunched() -> tuple[int, NewLink]:
    """An account with a new link, mailed to Zoe."""
    with transaction() as session:
        acme = factories.organization(session, "Acme GmbH", contacts=[ZOE])
        account_id = factories.account(session, acme, sp_api=REVOKED)
    link = links.relaunch(ANA, account_id, [Channel.SP_API])
    text = messages.relaunch_text("Acme EU", None)
    links.send(ANA, link.url, [ZOE], text.subject, text.body)
    return account_id, link


def kept() -> Message:
    with reading() as session:
        return session.scalars(sa.select(Message)).one()


def happened(kind: str) -> list[Event]:
    with reading() as session:
        return list(session.scalars(sa.select(Event).where(Event.kind == kind)))


def text(message: EmailMessage) -> str:
    return str(message.get_content())


@pytest.mark.usefixtures("database")
class TestDelivering:
    def test_a_message_arrives_with_its_link_which_is_then_forgotten(self, post: Post) -> None:
        account_id, link = relaunched()

        assert outbox.deliver() == 1

        arrived = post.received[0]
        assert arrived["To"] == ZOE
        assert arrived["Subject"] == "Please reconnect Acme EU with Amazon"
        assert arrived["From"] == "Northwind Growth <connections@northwind.example>"
        assert link.url.get_secret_value() in text(arrived)
        assert "{link}" not in text(arrived)
        assert kept().sealed_link is None
        told = happened("mail_sent")[0]
        assert (told.account_id, told.staff_name) == (account_id, "Switchboard")
        assert link.url.get_secret_value() not in repr(told.details)

    def test_what_was_sent_is_not_sent_again(self, post: Post) -> None:
        relaunched()

        assert [outbox.deliver(), outbox.deliver()] == [1, 0]

        assert len(post.received) == 1

    def test_two_workers_at_once_send_a_message_once(self, post: Post) -> None:
        relaunched()
        workers = [threading.Thread(target=outbox.deliver) for _ in range(4)]

        for each in workers:
            each.start()
        for each in workers:
            each.join()

        assert len(post.received) == 1

    def test_a_server_that_is_busy_is_asked_again_after_growing_waits(self, post: Post) -> None:
        relaunched()
        post.answer = "451 try again later"
        now = clock.now()

        assert outbox.deliver(now) == 0
        first = kept()
        assert first.due_at == now + timedelta(minutes=1)
        assert first.failure == "The mail server refused the message (451)."
        assert outbox.deliver(now + timedelta(seconds=59)) == 0
        assert kept().tries == 1
        assert outbox.deliver(now + timedelta(minutes=1)) == 0
        assert kept().due_at == now + timedelta(minutes=6)
        post.answer = "250 taken"
        assert outbox.deliver(now + timedelta(minutes=6)) == 1
        assert kept().failure is None

    def test_a_message_is_given_up_after_a_bounded_number_of_tries(self, post: Post) -> None:
        account_id, _ = relaunched()
        post.answer = "451 try again later"
        now = clock.now()
        for wait in (timedelta(), *outbox.WAITS):
            now += wait
            assert outbox.deliver(now) == 0

        given_up = kept()
        assert (given_up.due_at, given_up.sealed_link) == (None, None)
        assert given_up.tries == len(outbox.WAITS) + 1
        failed = happened("mail_failed")[0]
        assert failed.account_id == account_id
        assert failed.details["why"] == "The mail server refused the message (451)."

    def test_an_address_that_is_refused_for_good_is_not_tried_again(self, post: Post) -> None:
        relaunched()
        post.recipient_answer = "550 who is that"

        outbox.deliver()

        assert kept().due_at is None
        assert kept().failure == "The mail server refused the address (550)."

    def test_a_link_that_was_withdrawn_is_not_sent(self, post: Post) -> None:
        _, link = relaunched()
        links.revoke(ANA, link.id)

        outbox.deliver()

        assert not post.received
        assert "withdrawn" in (kept().failure or "")

    def test_an_old_message_is_not_sent_any_more(self, post: Post) -> None:
        relaunched()

        outbox.deliver(clock.now() + outbox.OLDEST)

        assert not post.received
        assert kept().due_at is None

    def test_a_worker_that_died_leaves_a_message_that_comes_due_again(self, post: Post) -> None:
        relaunched()
        now = clock.now()
        outbox._take(now)

        assert outbox.deliver(now + timedelta(minutes=4)) == 0
        assert outbox.deliver(now + outbox.LEASE) == 1

    def test_a_key_that_is_lost_ends_in_a_sentence(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        relaunched()
        monkeypatch.setenv("DASHBOARD_VAULT_KEYS", Fernet.generate_key().decode())
        settings.cache_clear()

        outbox.deliver()

        assert not post.received
        assert "cannot be opened" in (kept().failure or "")

    def test_one_message_that_fails_does_not_hold_up_the_others(self, post: Post) -> None:
        _, withdrawn = relaunched()
        links.revoke(ANA, withdrawn.id)
        links.invite(ANA, "new@customer.example")

        assert outbox.deliver() == 1
        assert post.received[0]["To"] == "new@customer.example"

    def test_without_a_mail_server_nothing_is_delivered_and_all_can_be_read(self) -> None:
        _, link = relaunched()

        assert outbox.deliver() == 0

        with reading() as session:
            row = queries.listing(session).iloc[0]
            written = queries.message(session, int(row["id"]))
            url = queries.link(session, ANA, int(row["id"]))
        assert (row["state"], row["email"], row["account"]) == ("Waiting", ZOE, "Acme EU")
        assert "{link}" in written.body
        assert url is not None
        assert url.get_secret_value() == link.url.get_secret_value()

    def test_the_link_in_a_message_is_for_those_who_may_relaunch(self) -> None:
        relaunched()
        viewer = Staff(id=None, email="", name="Vic", role=Role.VIEWER)
        with reading() as session, pytest.raises(NotAllowed):
            queries.link(session, viewer, kept().id)

    def test_a_link_that_was_withdrawn_is_not_given_from_the_outbox(self) -> None:
        _, link = relaunched()
        links.revoke(ANA, link.id)
        with reading() as session:
            assert queries.link(session, ANA, kept().id) is None

    def test_the_listing_of_an_empty_outbox_has_its_columns(self) -> None:
        with reading() as session:
            assert list(queries.listing(session).dtypes.astype(str)) == [*queries.MESSAGES.values()]


class TestTheMailServer:
    @pytest.fixture
    def server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
        def use(url: str) -> None:
            monkeypatch.setenv("DASHBOARD_SMTP_URL", url)
            settings.cache_clear()

        yield use
        monkeypatch.undo()
        settings.cache_clear()

    def test_nobody_listening_can_be_tried_again_and_names_no_password(
        self, server: Callable[[str], None]
    ) -> None:
        server("smtp://name:hush@127.0.0.1:9")

        with pytest.raises(MailFailed) as failure:
            mail.send(Mail(ZOE, "Hello", "text"))

        assert not failure.value.for_good
        assert "hush" not in str(failure.value)
        assert failure.value.__cause__ is None

    @pytest.mark.parametrize(
        "url", ["http://mail.example", "smtp://", "smtp://host:0", "mail", "smtp://h:x"]
    )
    def test_an_address_that_names_no_server_is_refused_in_words(
        self, server: Callable[[str], None], url: str
    ) -> None:
        server(url)
        with pytest.raises(ConfigurationError, match="DASHBOARD_SMTP_URL"):
            mail.send(Mail(ZOE, "Hello", "text"))

    def test_a_line_break_in_an_address_begins_no_header(self, post: Post) -> None:
        with pytest.raises(MailFailed) as failure:
            mail.send(Mail(f"{ZOE}\r\nBcc: eve@evil.example", "Hello", "text"))
        assert failure.value.for_good
        assert not post.received

    def test_words_of_any_language_arrive(self, post: Post) -> None:
        mail.send(
            Mail(ZOE, "Grüße aus 東京", "Þetta er póstur\n\nhttps://x.example/l/" + "a" * 120)
        )
        assert post.received[0]["Subject"] == "Grüße aus 東京"
        assert "/l/" + "a" * 120 in text(post.received[0])

    def test_a_message_shows_no_text_of_its_own(self) -> None:
        assert "secret" not in repr(Mail(ZOE, "Hello", "https://x.example/l/secret"))


def turn(account_id: int, **values: Any) -> None:
    """Change the SP-API channel of the account as checks would."""
    with (
        transaction() as session,
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [account_id], clock.now()),
    ):
        session.execute(sa.update(Grant).values(refused_at=None))
        session.execute(
            sa.update(AccountChannel)
            .where(AccountChannel.account_id == account_id, AccountChannel.channel == "SP-API")
            .values(values)
        )


@pytest.mark.parametrize(
    "waiting",
    [
        {"problem": Reason.AMAZON_OUTAGE.value, "incident": True},
        {"problem": Reason.OUR_SECRET_REFUSED.value, "incident": False},
    ],
)
def test_while_an_account_waits_for_amazon_or_us_its_customer_is_not_asked_to_reconnect(
    database: str, post: Post, waiting: dict[str, Any]
) -> None:
    account_id, _ = relaunched()
    turn(account_id, **waiting)
    assert outbox.deliver() == 0
    assert outbox.deliver(clock.now() + timedelta(hours=30)) == 0
    assert post.received == []

    # When it is over, the consent turns out to be refused all the same.
    turn(account_id, problem=Reason.ROLE_ADDED.value, incident=False)
    assert outbox.deliver(clock.now() + timedelta(hours=31)) == 1
    assert len(post.received) == 1


def test_who_recovered_with_an_incident_is_not_asked_to_reconnect_afterwards(
    database: str, post: Post
) -> None:
    account_id, _ = relaunched()
    turn(account_id, problem=Reason.AMAZON_OUTAGE.value, incident=True)
    assert outbox.deliver() == 0
    turn(account_id, problem=None, incident=False)
    assert outbox.deliver() == 0
    with reading() as session:
        failure = session.scalar(sa.select(Message.failure))
    assert failure is not None
    assert "works again" in failure
    assert post.received == []


def test_a_link_for_an_account_that_waits_is_not_made_and_says_why(database: str) -> None:
    with transaction() as session:
        acme = factories.organization(session, contacts=[ZOE])
        waiting = Wire(problem=Reason.AMAZON_OUTAGE, incident=True)
        account_id = factories.account(session, acme, sp_api=waiting)
    with pytest.raises(NothingToConnect, match="waits for Amazon"):
        links.relaunch(ANA, account_id, [Channel.SP_API])
