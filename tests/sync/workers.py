"""Real worker processes, and waiting for what they bring about."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

Start = Callable[[], "subprocess.Popen[bytes]"]
PATIENCE = 120.0
"""Seconds until something counts as never coming; the machine may be busy with other tests."""


def started(sandbox_port: int) -> "subprocess.Popen[bytes]":
    """A worker of the settings' database, at a stand-in Amazon."""
    env = os.environ | {"DASHBOARD_SANDBOX_PORT": str(sandbox_port)}
    return subprocess.Popen([sys.executable, "-m", "dashboard", "worker"], env=env)


def until(holds: Callable[[], bool], worker: "subprocess.Popen[bytes]") -> None:
    """Wait for something a worker brings about."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"the worker ended with {worker.wait(0.1)}")
