"""The commands as a person on the server runs them: real processes, on a database of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
import sqlalchemy as sa

from dashboard.db.engine import engine, reading
from dashboard.db.history import Event
from dashboard.db.models import Account
from dashboard.settings import ROOT
from tests.production import PRODUCTION

SAMPLE = ROOT / "data" / "sample-import.csv"
PATIENCE = 60
PORTS = ("WEB", "CONNECT", "SANDBOX")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def env(database: str, tmp_path: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DASHBOARD_")},
        "DASHBOARD_DATABASE_URL": database,
        "DASHBOARD_DATA_DIR": str(tmp_path),
        **{f"DASHBOARD_{each}_PORT": str(_free_port()) for each in PORTS},
    }


def _dashboard(env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *args],
        env=env, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=ROOT,
    )  # fmt: skip


def _answers(port: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _until(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "It never came true."
        time.sleep(0.05)


@contextmanager
def _running(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """``dashboard run``, once it answers."""
    child = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "run"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        _until(lambda: _answers(env["DASHBOARD_WEB_PORT"]) or child.poll() is not None)
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate(timeout=PATIENCE)


def test_help_lists_every_command(env: dict[str, str]) -> None:
    said = _dashboard(env, "--help").stdout
    serving = ("run", "web", "connect", "worker", "sandbox")
    for command in (*serving, "migrate", "demo", "import", "bench", "check", "sweep"):
        assert f"  {command} " in said


def test_check_finds_nothing_wrong_with_the_defaults(env: dict[str, str]) -> None:
    done = _dashboard(env, "check")
    assert (done.returncode, done.stdout) == (0, "No problems.\n")


def test_check_lists_all_that_is_missing_at_once(env: dict[str, str]) -> None:
    done = _dashboard({**env, "DASHBOARD_MODE": "production"}, "check")
    assert done.returncode == 1
    for name in PRODUCTION.keys() - {"mode"}:
        assert f"DASHBOARD_{name.upper()}" in done.stdout
    assert "- Soon: Amazon ends a client secret after 180 days" in done.stdout
    assert "set DASHBOARD_SP_API_CLIENT_SECRET_SINCE to that day" in done.stdout


def test_check_never_repeats_a_password(env: dict[str, str]) -> None:
    url = "postgresql://ana:hunter2@127.0.0.1:1/none"
    done = _dashboard({**env, "DASHBOARD_DATABASE_URL": url}, "check")
    assert done.returncode == 1
    assert "cannot be reached" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_check_names_a_mail_server_that_cannot_be_one(env: dict[str, str]) -> None:
    done = _dashboard({**env, "DASHBOARD_SMTP_URL": "mail.example:hunter2@587"}, "check")
    assert done.returncode == 1
    assert "DASHBOARD_SMTP_URL must begin with smtp://" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_a_setting_that_cannot_be_read_is_named_without_its_value(env: dict[str, str]) -> None:
    done = _dashboard({**env, "DASHBOARD_WEB_PORT": "s3cret"}, "check")
    assert done.returncode == 1
    assert "DASHBOARD_WEB_PORT" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", PORTS)
def test_run_refuses_a_port_that_is_taken(env: dict[str, str], name: str) -> None:
    port = env[f"DASHBOARD_{name}_PORT"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(port)))
        taken.listen()
        done = _dashboard(env, "run")
    assert done.returncode == 1
    assert f"Port {port} is taken: stop what uses it, or set DASHBOARD_{name}_PORT" in done.stderr


def test_run_says_where_everything_is(env: dict[str, str]) -> None:
    with _running(env) as child:
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=PATIENCE)
    for name in PORTS:
        assert f"http://127.0.0.1:{env[f'DASHBOARD_{name}_PORT']}" in said


def test_the_stand_in_amazon_is_for_demos_only(env: dict[str, str]) -> None:
    production = {f"DASHBOARD_{name.upper()}": value for name, value in PRODUCTION.items()}
    done = _dashboard({**env, **production}, "sandbox")
    assert done.returncode == 1
    assert "demo mode only" in done.stderr


def test_customers_are_not_served_until_all_is_set(env: dict[str, str]) -> None:
    done = _dashboard({**env, "DASHBOARD_MODE": "production"}, "connect")
    assert done.returncode == 1
    assert "DASHBOARD_VAULT_KEYS" in done.stderr
    assert "DASHBOARD_CONNECT_URL" in done.stderr


def test_ctrl_c_stops_all_children(env: dict[str, str]) -> None:
    with _running(env) as child:
        children = psutil.Process(child.pid).children(recursive=True)
        assert children
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=PATIENCE) == 0
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert not alive


def test_run_says_which_child_died_and_ends(env: dict[str, str]) -> None:
    with _running(env) as child:
        for each in psutil.Process(child.pid).children():
            if each.cmdline()[-1] == "web":
                each.kill()
        _, errors = child.communicate(timeout=PATIENCE)
    assert child.returncode == 1
    assert "web (the staff dashboard) ended with exit code -9" in errors


def test_importing_the_sample_twice_changes_nothing_the_second_time(env: dict[str, str]) -> None:
    first, second = (_dashboard(env, "import", str(SAMPLE)) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    rows = len(SAMPLE.read_text(encoding="utf-8").splitlines()) - 1
    assert f"{rows:>9,} created" in first.stdout
    assert f"{rows:>9,} unchanged" in second.stdout
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == rows


def test_a_preview_writes_nothing(env: dict[str, str]) -> None:
    done = _dashboard(env, "import", "--preview", str(SAMPLE))
    assert done.returncode == 0, done.stderr
    assert "Nothing was written" in done.stdout
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


def test_refused_rows_are_named_and_written_to_a_file(env: dict[str, str], tmp_path: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([*lines[:3], lines[2]]), encoding="utf-8")
    refused = tmp_path / "refused.csv"
    done = _dashboard(env, "import", str(bad), "--refused", str(refused))
    assert done.returncode == 1
    assert "Line 4, account_id" in done.stderr
    assert "Nothing was written" in done.stderr
    assert refused.read_text(encoding="utf-8-sig").splitlines()[1].startswith("4,account_id")
    skipped = _dashboard(env, "import", str(bad), "--skip-refused")
    assert skipped.returncode == 0, skipped.stderr
    engine().dispose()
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 2
