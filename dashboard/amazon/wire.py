"""One call to Amazon: bounded in time, size and tries, over a pool that all calls share."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import Lock
from typing import Final

import httpx2
from pydantic import SecretStr

from dashboard.amazon.faults import NO_CODES, fault, retry_after, unanswered, unreadable, unsendable
from dashboard.errors import AmazonDown, AmazonError, Throttled

OPENING: Final = Lock()

TRIES: Final = 3
PATIENCE: Final = 30.0
"""Seconds that one call may take with all its tries: a customer may be waiting for it."""

LONGEST_PAUSE: Final = 10.0
"""Seconds: a longer Retry-After is left to whoever planned the call."""

FIRST_PAUSE: Final = 1.0
LARGEST: Final = 8 * 1024 * 1024
"""Bytes: 5,000 profiles, the most that Amazon says it sends at once, are about 2 MB."""

TIMEOUT: Final = httpx2.Timeout(15, connect=5, pool=5)
UNSENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of Amazon.

    ``again`` says whether Amazon may get the call twice; one that may not is sent again only if it
    never left. ``secrets`` are what it carries and no error may repeat. ``codes``: see ``fault``.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    secrets: tuple[SecretStr, ...] = ()
    again: bool = True
    codes: Mapping[str, type[AmazonError]] = field(default_factory=lambda: NO_CODES)


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that failed, whether it left at all, and how long Amazon asks to wait."""

    error: AmazonError
    left: bool = True
    wait: float = 0


class Wire:
    """The way to Amazon. Safe to share between threads; it keeps nothing of a call."""

    def __init__(
        self,
        transport: httpx2.BaseTransport | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the pool.

        Args:
            transport: what carries the calls; the network if not given.
            sleep: waits between tries.
            chance: from 0 to 1, how much of a pause to take.
            seconds: a clock that never goes back.
        """
        self._client = httpx2.Client(
            transport=transport,
            timeout=TIMEOUT,
            follow_redirects=False,
            # One customer's answer must leave nothing behind for the next customer's call.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # Unpacking would let a small answer grow without bound.
            headers={
                "accept-encoding": "identity",
                "user-agent": "Switchboard/0.1 (Language=Python)",
            },
            limits=httpx2.Limits(max_connections=100, keepalive_expiry=20),
            # The stand-in Amazon is on this machine, where no proxy can reach it.
            mounts=None if transport else {"all://127.0.0.1": None},
        )
        self._sleep = sleep
        self._chance = chance
        self._seconds = seconds

    def ask(self, call: Call) -> bytes:
        """Send a call until it succeeds or trying again is of no use.

        Returns:
            The body of the successful answer.

        Raises:
            AmazonError: exactly one of its tree, of the last try.
        """
        deadline = self._seconds() + PATIENCE
        tried = 0
        while True:
            tried += 1
            outcome = self._try(call, deadline)
            if isinstance(outcome, bytes):
                return outcome
            pause = pause_before_next(call, outcome, tried, self._chance())
            if pause is None or self._seconds() + pause >= deadline:
                raise outcome.error
            self._sleep(pause)

    def close(self) -> None:
        """Close what the pool keeps open."""
        self._client.close()

    def _try(self, call: Call, deadline: float) -> bytes | Failure:
        # None of the library's errors is kept as a cause: it may quote a header, or hold the call.
        try:
            request = self._client.build_request(
                call.method, call.url, headers=call.headers, params=call.params or None,
                content=call.body or None,
            )  # fmt: skip
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            return Failure(unsendable(), left=False)
        try:
            answer = self._client.send(request, stream=True)
        except UNSENT as error:
            return Failure(unanswered(type(error).__name__), left=False)
        except httpx2.LocalProtocolError:
            return Failure(unsendable(), left=False)
        except httpx2.HTTPError as error:
            return Failure(unanswered(type(error).__name__))
        try:
            body, problem = self._read(answer, deadline)
        except httpx2.HTTPError as error:
            return Failure(unanswered(type(error).__name__))
        finally:
            answer.close()
        if answer.status_code != 200:
            problem = fault(
                answer.status_code, answer.headers, body, codes=call.codes, secrets=call.secrets
            )
        return Failure(problem, wait=retry_after(answer.headers)) if problem else body

    def _read(self, answer: httpx2.Response, deadline: float) -> tuple[bytes, AmazonError | None]:
        """The body as far as it may be read, and what is wrong with it."""
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            return b"", unreadable(answer.status_code)
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > LARGEST:
                return b"", unreadable(answer.status_code)
            if self._seconds() > deadline:
                return b"", unanswered("ReadTimeout")
        return bytes(body), None


def pause_before_next(call: Call, failure: Failure, tried: int, chance: float) -> float | None:
    """Decide whether to try again, and after how many seconds.

    Amazon's wish comes first (Ads API, "Rate limiting"); without one it is exponential backoff
    with full jitter, so that calls refused together do not come back together.

    Returns:
        The pause, or ``None`` when trying again is of no use or not allowed.
    """
    passes = isinstance(failure.error, (Throttled, AmazonDown))
    if tried >= TRIES or not passes or (failure.left and not call.again):
        return None
    if failure.wait > LONGEST_PAUSE:
        return None
    return failure.wait or chance * min(LONGEST_PAUSE, FIRST_PAUSE * 2**tried)


def network() -> Wire:
    """The way to Amazon that all calls of this process share."""
    # Threads that begin together would each open one, with connections of its own.
    with OPENING:
        return _network()


@cache
def _network() -> Wire:
    return Wire()
