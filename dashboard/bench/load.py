"""Staff at work, all at once: sessions over Streamlit's own websocket protocol, without browsers.

Run as a program in an environment whose database is empty. Fifty sessions do nothing but go from
page to page: how many reruns a second one process makes, beside one that draws the same from
constants, and how many two make behind a proxy that keeps each session at its process. Then thirty
work as people do.
"""

import asyncio
import json
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from dashboard.actions import demo
from dashboard.bench.browser import STATIC, free_port, serving
from dashboard.bench.scenarios import Figure, figure
from dashboard.db.migrate import migrate
from dashboard.settings import ROOT

CROWD: Final = 50
"""Sessions that never pause."""
PEOPLE: Final = 30
PAUSE: Final = 10.0
"""Sessions that click once in so many seconds."""
ROUNDS: Final = 3
SECONDS: Final = 10.0
"""For how long sessions click in a round; rounds take turns, so that all see the same machine."""
WORK: Final = 60.0
"""Seconds for which people work."""
PATIENCE: Final = 60.0
PAGES: Final = ("Overview", "Accounts")
"""What the sessions open in turn: the pages that are also drawn from constants."""
CONF: Final = ROOT / "docs" / "nginx.conf"


class Work(NamedTuple):
    """What sessions did: when each rerun began and ended, and what went wrong."""

    spans: list[tuple[float, float]]
    errors: list[str]

    @property
    def seconds(self) -> list[float]:
        """How long each rerun took."""
        return [ended - began for began, ended in self.spans]

    @property
    def rate(self) -> float:
        """Reruns a second, from the beginning of the first to the end of the last."""
        began, ended = zip(*self.spans, strict=True)
        return len(self.spans) / float(max(ended) - min(began))


class Session:
    """One member of staff with a browser: a websocket, and the pages it was told of."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pages: dict[str, str] = {}

    async def rerun(self, page: str = "") -> str:
        """Open a page, or the first one; wait until it is drawn.

        Returns:
            What went wrong, if anything.
        """
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self._pages.get(page, "")
        await self._socket.send(asked.SerializeToString())
        wrong = ""
        while True:
            said = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(), PATIENCE))
            kind = said.WhichOneof("type")
            if kind == "navigation":
                pages = said.navigation.app_pages
                self._pages = {each.page_name: each.page_script_hash for each in pages}
            elif kind == "delta":
                wrong = wrong or _wrong(said)
            elif kind == "script_finished":
                if said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return wrong
                if said.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return wrong or "The script did not finish."


def _wrong(said: ForwardMsg) -> str:
    """The error that a page shows, if it is one."""
    shown = said.delta.new_element
    kind = shown.WhichOneof("type")
    if kind == "exception":
        return shown.exception.message
    return shown.alert.body if kind == "alert" and shown.alert.format == shown.alert.ERROR else ""


@asynccontextmanager
async def session(port: int) -> AsyncIterator[Session]:
    """A session with the server, or the proxy, at a port; its first page is drawn."""
    base = f"http://127.0.0.1:{port}"
    # As a browser does: the page comes first, and with it the cookie of the proxy.
    cookie = await asyncio.to_thread(_cookie, port)
    async with connect(
        f"{base.replace('http', 'ws', 1)}/_stcore/stream", origin=Origin(base), max_size=None,
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Cookie": cookie} if cookie else {},
        # Who is kept waiting here is slow, not gone.
        open_timeout=PATIENCE, ping_interval=None,
    ) as socket:  # fmt: skip
        found = Session(socket)
        if wrong := await found.rerun():
            raise RuntimeError(wrong)
        yield found


def _cookie(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
        given = answer.headers.get_all("Set-Cookie") or []
    return "; ".join(each.partition(";")[0] for each in given)


async def work(port: int, sessions: int, seconds: float, pause: float = 0.0) -> Work:
    """Let sessions go from page to page for some time.

    Args:
        port: of the server, or the proxy.
        sessions: how many.
        seconds: how long.
        pause: seconds between the clicks of one session.
    """
    done, all_there = Work([], []), asyncio.Barrier(sessions)

    async def one(number: int) -> None:
        async with session(port) as mine:
            await all_there.wait()
            ends = time.monotonic() + seconds
            # People did not all sit down at the same moment.
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311
            for place in cycle(PAGES[number % 2 :] + PAGES[: number % 2]):
                if (began := time.monotonic()) >= ends:
                    return
                wrong = await mine.rerun(place)
                done.spans.append((began, time.monotonic()))
                done.errors.extend([wrong] if wrong else [])
                await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)) if pause else 0)

    await asyncio.gather(*(one(number) for number in range(sessions)))
    return done


def measure() -> list[Figure]:
    """Put the dashboard under load: alone, beside the static page, and with a second process."""
    ports = {"ours": free_port(), "second": free_port(), "static": free_port()}
    proxy = free_port() if nginx() else 0
    taken: dict[str, list[float]] = {"ours": [], "static": [], "both": []}
    errors: list[str] = []
    with (
        serving(*_web(ports["ours"])),
        serving(*_web(ports["second"])),
        serving(*_static(ports["static"])),
        proxied(proxy, ports["ours"], ports["second"]) if proxy else nullcontext(),
    ):
        kinds = {kind: ports[kind] for kind in ("ours", "static")}
        kinds |= {"both": proxy} if proxy else {}
        for number in range(ROUNDS + 1):
            for kind, port in kinds.items():
                done = asyncio.run(work(port, CROWD, SECONDS))
                errors += done.errors
                if number:  # what is imported and connected once is nobody's rerun
                    taken[kind].append(done.rate)
        people = asyncio.run(work(proxy or ports["ours"], PEOPLE, WORK, PAUSE))
    errors += people.errors
    waited = sorted(people.seconds)
    p95 = 1000 * waited[int(0.95 * (len(waited) - 1))]
    return [
        *(figure(f"load: reruns per second, {kind}", CROWD, "1/s", values)
          for kind, values in taken.items() if values),
        figure("load: a click, p95", PEOPLE, "ms", [p95]),
        figure("load: clicks", PEOPLE, "count", [len(waited)]),
        figure("load: errors", PEOPLE + CROWD, "count", [len(errors)]),
    ]  # fmt: skip


def nginx() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def proxied(port: int, first: int, second: int) -> Iterator[None]:
    """Run nginx as ``docs/nginx.conf`` says, before two processes, until the block ends."""
    with TemporaryDirectory(prefix="switchboard-nginx-") as folder:
        conf = CONF.read_text(encoding="utf-8")
        for shipped, used in (("8500", port), ("8501", first), ("8601", second)):
            conf = conf.replace(f"127.0.0.1:{shipped}", f"127.0.0.1:{used}")
        temporary = "".join(
            f"{each}_temp_path {folder}/{each};\n"
            for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file = Path(folder) / "nginx.conf"
        file.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{conf}}}\n",
            encoding="utf-8",
        )
        command = [nginx() or "nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", str(file)]
        with serving(command, port, {}):
            yield


def _web(port: int) -> tuple[list[str], int, dict[str, str]]:
    """A process of the dashboard, as ``serving`` takes it."""
    return [sys.executable, "-m", "dashboard", "web"], port, {"DASHBOARD_WEB_PORT": str(port)}


def _static(port: int) -> tuple[list[str], int, dict[str, str]]:
    """The static page, likewise."""
    command = [sys.executable, "-m", "streamlit", "run", str(STATIC), f"--server.port={port}",
               "--server.address=127.0.0.1", "--server.headless=true",
               "--browser.gatherUsageStats=false"]  # fmt: skip
    return command, port, {}


def rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, bool]]:
    """How the dashboard did under load: what, measured, its bar, and whether it was met.

    Without nginx one of the bars cannot be met, and its row says so.
    """
    found: dict[str, Any] = {
        str(each["name"]).partition("load: ")[2]: each["median"] for each in figures
    }
    ours = found["reruns per second, ours"]
    share = ours / found["reruns per second, static"]
    p95, errors = found["a click, p95"], found["errors"]
    both = found.get("reruns per second, both")
    adds = None if both is None else both / ours - 1
    second = "nginx is not installed" if adds is None else f"{adds:.2f}"
    return [
        ("reruns of one process, of a static page's", f"{share:.2f}", "0.7", share >= 0.7),
        ("what a second process adds", second, "0.6", adds is not None and adds >= 0.6),
        ("a click of 30 at work, p95 in ms", f"{p95:.0f}", "1000", p95 <= 1000),
        ("errors", f"{errors:.0f}", "0", errors == 0),
    ]


def main() -> None:
    """Fill the database, measure, and print the figures as JSON."""
    migrate()
    demo.load()
    print(json.dumps(measure()))  # noqa: T201


if __name__ == "__main__":
    main()
