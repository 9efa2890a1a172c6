"""The bench's own staff, who need no browser; and the proxy that keeps each with its process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
import sqlalchemy as sa

from dashboard.bench import load
from dashboard.bench.browser import free_port
from dashboard.db.engine import transaction
from tests import factories


def port_of(base: str) -> int:
    return int(base.rpartition(":")[2])


def worked(port: int, staff: int, seconds: float, pause: float = 0.0) -> load.Work:
    """Put staff to work on a thread of their own: this one's event loop may be the browser's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(load.work(port, staff, seconds, pause))).result()


def test_staff_go_from_page_to_page_and_see_no_error(web: Callable[..., str]) -> None:
    port = port_of(web())
    with transaction() as session:
        factories.account(session, factories.organization(session))

    done = worked(port, 2, 3.0, 0.5)

    assert len(done.seconds) >= 2
    assert done.errors == []


def test_an_error_on_a_page_is_seen(web: Callable[..., str]) -> None:
    port = port_of(web())
    with transaction() as session:
        session.execute(sa.text("DROP TABLE tallies"))

    with pytest.raises(RuntimeError, match="Something went wrong"):
        worked(port, 1, 1.0)


@contextmanager
def answering(name: str) -> Iterator[int]:
    """A server that answers everything with its name."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.skipif(load.nginx() is None, reason="nginx is not installed")
def test_each_browser_stays_with_its_process_until_that_one_ends() -> None:
    port, known = free_port(), {}

    def ask(cookie: str = "") -> tuple[str, str]:
        answer = httpx2.get(
            f"http://127.0.0.1:{port}/", headers={"Cookie": cookie} if cookie else {}, timeout=10
        )
        return answer.text, answer.headers["set-cookie"].partition(";")[0]

    with ExitStack() as first, answering("second") as other:
        one = first.enter_context(answering("first"))
        with load.proxied(port, one, other):
            for _ in range(40):
                name, cookie = ask()
                known.setdefault(name, cookie)
            assert set(known) == {"first", "second"}
            for name, cookie in known.items():
                assert {ask(cookie) for _ in range(5)} == {(name, cookie)}

            first.close()
            assert ask(known["first"]) == ("second", known["first"])
