"""A real Redis for tests, where there is one."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis

PATIENCE = 20.0


class RedisServer:
    """A Redis on a free port of this machine that keeps nothing when it is stopped."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server") or ""
        if not self._program:
            reason = "NO REDIS: install Debian's package redis-server."
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = {"port": self._port, "bind": "127.0.0.1", "save": "", "dir": self._folder}
        command = [self._program]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, "Redis never answered"
                else:
                    return

    def stop(self) -> None:
        """Stop at once, with everything in it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Lose everything."""
        self.stop()
        self.start()
