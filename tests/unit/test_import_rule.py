"""Imports run one way, and what touches the outside stays in its place: read from every file."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.settings import ROOT


def drawn() -> tuple[dict[str, int], set[tuple[str, str]]]:
    """The map in ``dashboard/__init__.py``: floor by name, and who may use a neighbour."""
    text = ast.get_docstring(ast.parse((ROOT / "dashboard/__init__.py").read_text())) or ""
    floors: dict[str, int] = {}
    neighbours = set()
    for floor, names in re.findall(r"^ +(\d)  (.+)$", text, re.MULTILINE):
        for name, beside in re.findall(r"(\w+)(?:/|\.py)?(?: \((\w+)\))?", names):
            assert name not in floors, f"{name} stands twice on the map"
            floors[name] = int(floor)
            if beside:
                neighbours.add((name, beside))
    return floors, neighbours


FLOOR, BESIDE = drawn()

PLACES = {
    "streamlit": {"pages", "app", "web", "ui", "bench"},
    "sqlalchemy": {"db", "queries", "actions", "sync", "checks", "ui", "bench"},
    "alembic": {"db"},
    "psycopg": {"db"},
    "httpx2": {"amazon", "bench"},
    "authlib": {"amazon"},
    "starlette": {"connect", "sandbox", "ui", "web"},
    "jinja2": {"connect", "sandbox"},
    "uvicorn": {"__main__", "connect", "web"},
    "prometheus_client": {"connect"},
    "apprise": {"targets"},
    "requests": {"targets"},
    "urllib.request": {"bench"},
    "http.client": {"amazon"},
    "statsmodels": {"actions"},
    "pickle": set(),
}
"""Who may import what touches the outside."""

FILES = sorted([*(ROOT / "dashboard").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])


def unit(file: Path) -> str:
    """The part of the product a file belongs to: a module or package of ``dashboard``."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return "pages" if parts[0] == "pages" else parts[1]


def imports(file: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it, with the names taken from packages."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_map_is_read_whole() -> None:
    assert sorted(set(FLOOR.values())) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert FLOOR["pages"] > FLOOR["ui"] > FLOOR["queries"] == FLOOR["actions"] > FLOOR["db"]
    assert {
        ("cases", "status"), ("settings", "status"), ("signals", "status"), ("processes", "checks"),
    } == BESIDE  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_file_imports_only_from_floors_below(file: Path) -> None:
    home = unit(file)
    if home in {"__init__", "__main__"}:
        return
    assert home in FLOOR or home == "sandbox", f"put {home} on the map in dashboard/__init__.py"
    for module in imports(file):
        package, _, rest = module.partition(".")
        assert package != "pages", f"{named(file)} imports a page"
        if package != "dashboard":
            continue
        used = rest.split(".")[0]
        assert used != "__main__", f"{named(file)} imports the command line"
        if used == home:
            continue
        assert home != "sandbox", f"the sandbox imports {module}"
        assert used in FLOOR, f"{named(file)} imports {module}, which is not on the map"
        below = FLOOR[used] < FLOOR[home] or (home, used) in BESIDE
        assert below, f"{named(file)} may not import {module}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_what_touches_the_outside_is_imported_in_its_place_only(file: Path) -> None:
    home = unit(file)
    for module in imports(file):
        for library, places in PLACES.items():
            if module == library or module.startswith(f"{library}."):
                assert home in places, f"{named(file)} may not import {library}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_pages_and_shared_screen_code_hold_no_sql(file: Path) -> None:
    """The one thing the screen may know of SQLAlchemy is the type of a session."""
    if unit(file) not in {"pages", "app", "ui", "web"}:
        return
    known = [each for each in imports(file) if each.startswith("sqlalchemy")]
    assert set(known) <= {"sqlalchemy.orm.Session"}


def test_neither_web_process_loads_the_library_that_estimates() -> None:
    """It takes a second and many megabytes: workers estimate, and pages read what they stored."""
    todo = [each for each in FILES if unit(each) in {"pages", "app", "web", "ui", "connect"}]
    loaded: set[Path] = set()
    while todo:
        file = todo.pop()
        if file in loaded:
            continue
        loaded.add(file)
        for module in imports(file):
            parts = module.split(".")
            assert parts[0] != "statsmodels", f"{named(file)} is loaded by a web process"
            bases = [ROOT.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]
            found = [
                *(each.with_suffix(".py") for each in bases),
                *(b / "__init__.py" for b in bases),
            ]
            todo += [each for each in found if each in FILES]


def test_no_module_hides_one_of_the_standard_library() -> None:
    """The entrypoint's directory comes first on the path when Streamlit runs it."""
    ours = {each.stem for each in (ROOT / "dashboard").iterdir()} - {"__init__", "__main__"}
    assert not ours & set(sys.stdlib_module_names)
