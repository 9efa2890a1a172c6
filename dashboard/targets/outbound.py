"""Every call that apprise makes goes through here, and none into the company's network.

apprise's services call ``requests``; in their modules that name stands for our ``Outbound``. A name
is looked up once for a call, its addresses are judged, and the connection is made to just those:
what the name stands for a moment later does not matter. Redirects are not followed, proxies of the
environment not used, certificates always checked, answers cut, and a call ends in time.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import requests
from apprise.utils.http import (
    ConnectionTracker,
    HTTPPolicy,
    HTTPPolicySession,
    is_public_ip_address,
    track_connections,
)

from dashboard.settings import Mode, is_loopback, settings

PATIENCE: Final = 10.0
"""Seconds to connect, and between two pieces of an answer."""
LONGEST: Final = 20.0
"""Seconds for all of a message's calls."""
PAUSES: Final = ("Retry-After", "X-RateLimit-Reset")
"""Headers until whose moment a service would sleep here; we come back later by ourselves."""
MOST_READ: Final = 65_536
"""Bytes of an answer that are read."""
CLOUDS: Final = frozenset({ip_address("168.63.129.16"), ip_address("192.0.0.192")})
"""Where Azure and Oracle tell a machine of itself: public by their numbers only."""

# Both quote addresses with what is secret in them, the one of its services, the other of paths.
for _name in ("apprise", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def is_inside(address: str) -> bool:
    """Whether an IP address is none of the public internet, in whatever way it is written."""
    plain = address.partition("%")[0]
    if not is_public_ip_address(plain):
        return True
    number = ip_address(plain)
    return not CLOUDS.isdisjoint({number, getattr(number, "ipv4_mapped", None)})


@dataclass(slots=True)
class Call:
    """What became of the calls for one message. ``status`` is that of the last answer, 0 if none.

    ``refused``: an address was not allowed. ``late``: it took too long.
    """

    ends: float
    patience: float = PATIENCE
    status: int = 0
    refused: bool = False
    late: bool = False


_call: ContextVar[Call | None] = ContextVar("_call", default=None)


@contextmanager
def calling(patience: float = PATIENCE) -> Iterator[Call]:
    """Inside the block, what apprise calls is let out; outside of it, nothing is.

    Args:
        patience: seconds to connect, and between two pieces of an answer.
    """
    call = Call(time.monotonic() + LONGEST, patience)
    token = _call.set(call)
    try:
        with track_connections(ConnectionTracker(), call.ends):
            yield call
    finally:
        call.late |= time.monotonic() >= call.ends
        _call.reset(token)


class Outbound:
    """What apprise's services know as ``requests``."""

    def __getattr__(self, name: str) -> Any:
        """Errors and codes are the library's own."""
        if name not in {"RequestException", "codes", "exceptions"}:
            raise AttributeError(name)
        return getattr(requests, name)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Make one call, as ``requests.request`` would.

        Raises:
            RequestException: it is not allowed, or there was no answer.
        """
        call = _call.get()
        if call is None:
            raise requests.RequestException("Nothing may be called here.")
        options |= {"verify": True, "allow_redirects": False, "stream": True}
        options["timeout"] = call.patience
        try:
            with HTTPPolicySession(_policy(call)) as session:
                answer = session.request(method, url, **options)
                answer._content = _beginning(answer)
                for each in PAUSES:
                    answer.headers.pop(each, None)
                call.status = answer.status_code
                return answer
        except requests.Timeout:
            call.late = True
            raise

    def get(self, url: str, **options: Any) -> requests.Response:
        """As ``requests.get``."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """As ``requests.post``."""
        return self.request("POST", url, **options)

    def delete(self, url: str, **options: Any) -> requests.Response:
        """As ``requests.delete``."""
        return self.request("DELETE", url, **options)


def bind(plugins: Iterable[type]) -> None:
    """Let these services of apprise call through here only."""
    for each in plugins:
        vars(sys.modules[each.__module__])["requests"] = Outbound()


def _policy(call: Call) -> HTTPPolicy:
    def allowed(address: str) -> bool:
        fine = _is_allowed(address)
        call.refused |= not fine
        return fine

    return HTTPPolicy(address_filter=allowed)


def _is_allowed(address: str) -> bool:
    chosen = settings()
    if chosen.mode is Mode.DEMO:
        # A demo may be shown how it goes, on this machine.
        return chosen.alerts_internal and is_loopback(address)
    return chosen.alerts_internal or not is_inside(address)


def _beginning(answer: requests.Response) -> bytes:
    found = b""
    for piece in answer.iter_content(8192):
        found += piece
        if len(found) >= MOST_READ:
            break
    answer.close()
    return found[:MOST_READ]
