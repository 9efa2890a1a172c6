"""How fast the customers' pages are: fifty customers at once, and what a return from Amazon costs.

Run as a program in an environment whose database is empty: the customers' pages and the stand-in
Amazon are started as processes of their own, and everything goes over HTTP.
"""

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from pydantic import SecretStr

from dashboard.actions import demo
from dashboard.actions.connecting import links
from dashboard.bench.browser import serving
from dashboard.bench.scenarios import Figure, figure
from dashboard.db.migrate import migrate
from dashboard.diagnosis import Channel
from dashboard.roles import COMMAND_LINE
from dashboard.settings import settings

CUSTOMERS: Final = 50
THOUGHT: Final = (3.0, 7.0)
"""Seconds a customer looks at a page before going on."""
FIRST: Final = 6
"""Customers who come before anything is measured: until then a new connection to PostgreSQL plans
each statement anew."""
ALONE: Final = 15
"""Customers who walk one after the other, to see what a return costs by itself."""


class Walker:
    """A customer with a browser: opens a link, fills in forms, signs in at Amazon."""

    def __init__(self, link: SecretStr, number: int) -> None:
        self.http = httpx2.Client(timeout=60, headers={"X-Forwarded-For": f"198.51.100.{number}"})
        self.member = f"any-ABENCH{number:05d}-seller-DE-FR"
        self.link = link
        self.page: httpx2.Response
        self.returns: list[float] = []

    def walk(self, pause: Callable[[], None]) -> None:
        """Go the whole way, from the link to Syncing; nobody else comes at the same moment."""
        pause()
        self._follow(self.http.get(self.link.get_secret_value()))
        steps: tuple[tuple[str, dict[str, object]], ...] = (
            ("Next", {"name": self.member}),
            ("Next", {"type": "seller", "region": "EU", "name": self.member}),
            ("Connect Amazon Advertising", {}),
            ("Next", {"profile": self._profiles}),
            ("Confirm", {"agree": "yes"}),
        )
        for button, fields in steps:
            pause()
            self._press(button, fields)
        onward = re.search(r'<a [^>]*href="([^"]*)"[^>]*>\s*Next\s*<', self.page.text)
        if onward is None:
            raise RuntimeError(f"The walk ended at {self.page.url.path}.")
        self._follow(self.http.get(urljoin(str(self.page.url), onward[1])))
        self.http.close()

    def _press(self, button: str, fields: dict[str, object]) -> None:
        forms = re.findall(r"<form\b.*?</form>", self.page.text, re.DOTALL)
        form = next((each for each in forms if re.search(rf">\s*{button}\s*<", each)), None)
        if form is None:
            raise RuntimeError(f"There is no button {button} at {self.page.url.path}.")
        data: dict[str, object] = {
            unescape(name): unescape(value)
            for name, value in re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', form)
        }
        data |= {name: each() if callable(each) else each for name, each in fields.items()}
        action = re.search(r'action="(.*?)"', form)
        target = urljoin(str(self.page.url), unescape(action[1]) if action else "")
        self._follow(self.http.post(target, data=data, headers={"Origin": settings().connect_base}))

    def _profiles(self) -> list[str]:
        return re.findall(r'name="profile" value="(.*?)"', self.page.text)

    def _follow(self, answer: httpx2.Response) -> None:
        """Go where an answer leads; at Amazon, consent."""
        while answer.status_code in {302, 303, 307}:
            target = urljoin(str(answer.request.url), answer.headers["location"])
            if target.startswith(settings().sandbox_base):
                decision = "allow" if "/ap/oa" in target else "confirm"
                answer = self.http.post(target, data={"member": self.member, "decision": decision})
                continue
            began = time.perf_counter()
            answer = self.http.get(target)
            if "/callback/" in target:
                self.returns.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
        self.page = answer


def exchange(number: int) -> float:
    """Milliseconds of a bare token exchange at the stand-in Amazon."""
    client_id, secret = settings().login_client(Channel.AAA)
    back = settings().connect_base + "/callback/aaa"
    asked = {"client_id": client_id, "scope": settings().aaa_scope, "response_type": "code",
             "redirect_uri": back}  # fmt: skip
    with httpx2.Client(timeout=60) as http:
        page = httpx2.URL(f"{settings().sandbox_base}/lwa/ap/oa", params=asked)
        member = f"any-ABARE{number:05d}-seller-DE-FR"
        answer = http.post(page, data={"member": member, "decision": "allow"})
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back,
                "client_id": client_id, "client_secret": secret.get_secret_value()}  # fmt: skip
        began = time.perf_counter()
        http.post(f"{settings().sandbox_base}/lwa/auth/o2/token", data=form).raise_for_status()
        return (time.perf_counter() - began) * 1000


def measure() -> list[Figure]:
    """Walk the flow alone and in a crowd.

    Returns:
        Figures whose ``accounts`` is the number of customers at once.
    """
    made, number = _links(), count()
    walkers = [Walker(next(made), next(number)) for _ in range(FIRST + ALONE)]
    bare = [exchange(each) for each in range(FIRST + ALONE)][FIRST:]
    for walker in walkers:
        walker.walk(lambda: None)
    returns = [walker.returns[0] for walker in walkers[FIRST:]]
    before = _seconds()
    crowd = [Walker(next(made), next(number)) for _ in range(CUSTOMERS)]
    with ThreadPoolExecutor(CUSTOMERS) as threads:
        list(threads.map(lambda each: each.walk(_think), crowd))
    p95, pages = _p95(before, _seconds())
    return [
        figure("flow: token exchange", 1, "ms", bare),
        figure("flow: return from Amazon", 1, "ms", returns),
        figure("flow: a page, p95 of server time", CUSTOMERS, "ms", [p95]),
        figure("flow: pages served", CUSTOMERS, "count", [pages]),
    ]


def _links() -> Iterator[SecretStr]:
    """Invitations of new customers, as many as are wanted."""
    for number in count():
        yield links.invite(COMMAND_LINE, f"customer{number}@bench.example").url


def _think() -> None:
    time.sleep(random.uniform(*THOUGHT))  # noqa: S311 - nothing depends on its being random


def _seconds() -> dict[float, float]:
    """How many pages, all but returns from Amazon, were answered within so many seconds."""
    text = httpx2.get(f"{settings().connect_base}/metrics").text
    found: dict[float, float] = {}
    line = r'switchboard_connect_seconds_bucket\{le="(.*?)",route="(.*?)"\} (.*)'
    for most, route, pages in re.findall(line, text):
        if not route.startswith(("/callback", "/metrics", "/healthz")):
            found[float(most)] = found.get(float(most), 0) + float(pages)
    return found


def _p95(before: dict[float, float], after: dict[float, float]) -> tuple[float, float]:
    """The 95th percentile in milliseconds, as Prometheus estimates it, and of how many pages."""
    counts = {most: after[most] - before.get(most, 0) for most in sorted(after)}
    whole = max(counts.values())
    low, below = 0.0, 0.0
    for most, pages in counts.items():
        if pages >= 0.95 * whole:
            share = (0.95 * whole - below) / max(pages - below, 1)
            return 1000 * (low + (most - low) * share), whole
        low, below = most, pages
    raise RuntimeError("No page was served.")


def main() -> None:
    """Start the servers, measure, and print the figures as JSON."""
    chosen = settings()
    env = {"DASHBOARD_CONNECT_PORT": str(chosen.connect_port),
           "DASHBOARD_SANDBOX_PORT": str(chosen.sandbox_port),
           # Customers come from many addresses; each may only do so much.
           "DASHBOARD_TRUSTED_PROXIES": "127.0.0.1"}  # fmt: skip
    migrate()
    demo.load()
    connect = [sys.executable, "-m", "dashboard", "connect"]
    sandbox = [sys.executable, "-m", "dashboard", "sandbox"]
    with (
        serving(connect, chosen.connect_port, env, health="/healthz"),
        serving(sandbox, chosen.sandbox_port, env, health="/sandbox/cast"),
    ):
        print(json.dumps(measure()))  # noqa: T201


if __name__ == "__main__":
    main()
