"""Handing a message to the mail server of ``DASHBOARD_SMTP_URL``: values in, nothing kept."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, make_msgid
from typing import Final
from urllib.parse import SplitResult, unquote

from dashboard.errors import ConfigurationError, MailFailed
from dashboard.mail_server import PORTS, WANTED, parsed
from dashboard.settings import is_loopback, settings

PATIENCE: Final = 20
"""Seconds for each answer of the mail server."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to one person; its text may hold a secret address.

    ``name`` is how another may say that it ``follows`` this one, so that mail programs show both
    together; where there is none, a name is made up.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    name: str = ""
    follows: str = ""


def send(mail: Mail) -> None:
    """Hand a message to the mail server; encrypted, but on this machine.

    Raises:
        MailFailed: it was not taken; ``for_good`` says that trying again is of no use.
        ConfigurationError: the settings name no server.
    """
    server = address()
    message = _message(mail)
    # None of the library's errors is kept as a cause: it may quote the message or the password.
    try:
        connection = _connected(server)
        try:
            connection.send_message(message)
        finally:
            # What was taken stays taken, however badly the goodbye goes.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=0)
        raise _refused("the address", code) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(
            f"The mail server does not accept our name and password ({error.smtp_code}): check "
            "DASHBOARD_SMTP_URL."
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _refused("the message", error.smtp_code) from None
    except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
        raise MailFailed(
            f"The mail server could not be reached, or hung up ({type(error).__name__})."
        ) from None


def address() -> SplitResult:
    """The mail server of the settings.

    Raises:
        ConfigurationError: they name none.
    """
    server = parsed(settings().smtp_url.get_secret_value())
    if server is None:
        raise ConfigurationError(WANTED)
    return server


def _message(mail: Mail) -> EmailMessage:
    chosen = settings()
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = formataddr((chosen.company, chosen.mail_from))
        message["To"] = mail.to
        message["Subject"] = mail.subject
    except ValueError:
        # A line break, which would begin a header of its own.
        raise MailFailed(
            "The address or the subject cannot be put on a mail.", for_good=True
        ) from None
    message["Date"] = formatdate(localtime=False)
    domain = chosen.mail_from.rpartition("@")[2]
    message["Message-ID"] = f"<{mail.name}@{domain}>" if mail.name else make_msgid(domain=domain)
    if mail.follows:
        message["In-Reply-To"] = message["References"] = f"<{mail.follows}@{domain}>"
    # Keeps absence notes and bounces of other machines from answering.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _connected(server: SplitResult) -> smtplib.SMTP:
    """A connection that is encrypted, and signed in where the settings give a name."""
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=PATIENCE)
    try:
        if server.scheme == "smtp" and not is_loopback(host):
            # Refuses to go on where the server offers none.
            connection.starttls(context=context)
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _refused(what: str, code: int) -> MailFailed:
    """The server's own words are not repeated: they may quote the message."""
    return MailFailed(f"The mail server refused {what} ({code}).", for_good=500 <= code < 600)
