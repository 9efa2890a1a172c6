"""The mail server that ``DASHBOARD_SMTP_URL`` names. Pure."""

from typing import Final
from urllib.parse import SplitResult, urlsplit

PORTS: Final = {"smtp": 587, "smtps": 465}
"""The usual port of each scheme."""
WANTED: Final = (
    "DASHBOARD_SMTP_URL must begin with smtp:// or smtps:// and name a server, such as "
    "smtp://name:password@mail.example.com:587."
)
"""What is said of an address that is none; it never repeats the address, which holds a password."""


def parsed(url: str) -> SplitResult | None:
    """A mail server's address; ``None`` if it is none that mail could be handed to."""
    try:
        server = urlsplit(url)
        known = server.scheme in PORTS and bool(server.hostname) and server.port != 0
    except ValueError:
        return None
    return server if known else None
