"""A server that webhooks arrive at, which answers as it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class Hooks:
    """What has arrived, and how the server answers; ``hang`` keeps callers waiting."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.location = ""
        self.hang = False
        self.released = Event()
        self.port = 0

    @property
    def address(self) -> str:
        """An address of apprise's that leads here."""
        return f"json://127.0.0.1:{self.port}/alerts/hush-hush"

    @property
    def titles(self) -> list[str]:
        """The titles of the messages that arrived."""
        return [each["title"] for each in self.received]


@contextmanager
def listening() -> Iterator[Hooks]:
    """Serve on a free port of this machine."""
    hooks = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hooks.paths.append(self.path)
            if hooks.hang:
                hooks.released.wait(30)
                return
            if hooks.status < 300:
                hooks.received.append(json.loads(body))
            self.send_response(hooks.status)
            if hooks.location:
                self.send_header("Location", hooks.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the library's name

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hooks.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hooks
    finally:
        hooks.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
