"""A wire whose other end the test holds: it says what Amazon answers, and sees what was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from dashboard.amazon.wire import Wire

Said = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Amazon:
    """Answers with what it was given, in order and the last again and again.

    ``asked`` are the calls that arrived, ``slept`` the pauses between them, in seconds.
    """

    answers: list[Said]
    asked: list[httpx2.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    clock: float = 0
    chance: float = 1

    @property
    def wire(self) -> Wire:
        """The way here."""
        return Wire(
            httpx2.MockTransport(self._answer),
            sleep=self._sleep,
            chance=lambda: self.chance,
            seconds=lambda: self.clock,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        said = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(request)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, httpx2.Response) else said(request)


def says(*answers: Said | tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> Amazon:
    """An Amazon that answers so: ``(status, JSON)``, with headers or not, or whatever happens."""
    return Amazon([_made(*each) if isinstance(each, tuple) else each for each in answers])


def _made(status: int, body: Any, headers: dict[str, str] | None = None) -> Said:
    """A new response each time, as one can be read only once."""
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return lambda _request: httpx2.Response(status, headers=headers, **content)
