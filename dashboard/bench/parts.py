"""The parts of the bench: what each measures, and the bars it is held to."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import click

from dashboard.bench import browser, databases, load
from dashboard.bench.databases import Plan
from dashboard.bench.scenarios import SCENARIOS, Figure, figure

SMALL: Final = 10_000
"""The size whose script times the larger one is held to."""
CEILINGS: Final = {"overview": 300, "accounts": 200, "metrics": 500, "triage": 500}
"""Milliseconds that a cold script may take, by page."""
LEAST: Final = {"share of the bare loop": 0.6, "two workers to one": 1.7}
MOST: Final = {
    "10,000 due syncs, found and claimed": 1.0,
    "10,000 headlines whose time has come": 60.0,
}
"""Bars of the workers: at least so much; at most so many seconds."""


class Part(NamedTuple):
    """Something that can be measured by itself.

    ``measure`` takes ``sqlite`` or ``postgresql`` and the plan; ``report`` prints what was measured
    of that database beside its bars, and says whether all were met.
    """

    measure: Callable[[str, Plan], list[Figure]]
    report: Callable[[str, Sequence[Figure]], bool]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bool:
    """Print a table. The last column says whether a bar was met: ``None`` where there is none.

    Returns:
        Whether every bar was met.
    """
    words: dict[object, str] = {True: "met", False: "MISSED", None: ""}
    click.echo(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    every = True
    for *cells, met in rows:
        click.echo(f"| {' | '.join(map(str, cells))} | {words[met]} |")
        every = every and met is not False
    return every


def _pages(database: str, plan: Plan) -> list[Figure]:
    """Time the staff's pages at two sizes, beside a static page."""
    taken: dict[tuple[str, int], list[float]] = {}
    figures: list[Figure] = []
    sizes = sorted({min(SMALL, plan.accounts), plan.accounts})
    with ExitStack() as fleets:
        known = {
            each: fleets.enter_context(databases.fleet(plan, database, each)) for each in sizes
        }
        # In turns, so that both sizes see the same machine.
        for env in (*known.values(), *known.values()):
            printed = databases.python("dashboard.bench.scripts", str(-(-plan.runs // 2)), env=env)
            for name, accounts, times in json.loads(printed):
                taken.setdefault((name, accounts), []).extend(times)
        figures += [figure(*each, "ms", times) for each, times in taken.items()]
        for accounts, env in known.items():
            figures += browser.measure(env, accounts, plan.runs)
    return figures


def _flow(database: str, _plan: Plan) -> list[Figure]:
    """Walk the customers' pages on a fresh database."""
    with databases.fresh(database) as env:
        figures: list[Figure] = json.loads(databases.python("dashboard.bench.flow", env=env))
    return figures


def _worker(database: str, plan: Plan) -> list[Figure]:
    """Check consents beside a bare loop; find and claim what is due in a fleet."""
    with databases.fresh(database) as env:
        printed = databases.python("dashboard.bench.working", str(plan.runs), env=env)
    figures: list[Figure] = json.loads(printed)
    with databases.fleet(plan, database, plan.accounts) as env:
        figures += json.loads(databases.python("dashboard.bench.due", str(plan.runs), env=env))
    return figures


def _report_worker(database: str, figures: Sequence[Figure]) -> bool:
    """Each figure, and its bar where it has one: at least, or (in seconds) at most."""
    rows = []
    for each in figures:
        name, value = str(each["name"]).removeprefix("worker: "), float(each["median"])
        least, most = LEAST.get(name), MOST.get(name)
        met = value >= least if least else value <= most if most else None
        rows.append((name, f"{value:,} {each['unit']}", least or most or "", met))
    return table((f"{database}, workers", "measured", "bar", ""), rows)


def _report_flow(database: str, figures: Sequence[Figure]) -> bool:
    found: dict[str, Any] = {
        str(each["name"]).partition("flow: ")[2]: each["median"] for each in figures
    }
    page = found["a page, p95 of server time"]
    above = round(found["return from Amazon"] - found["token exchange"], 2)
    return table(
        (f"{database}, ms", "measured", "bar", ""),
        [
            ("a page at 50 customers, p95 of server time", page, 50, page <= 50),
            ("a return from Amazon, above the token exchange", above, 25, above <= 25),
        ],
    )


def _report_pages(database: str, figures: Sequence[Figure]) -> bool:
    sizes = sorted({int(each["accounts"]) for each in figures if each["unit"] == "MiB"})
    small, large = sizes[0], sizes[-1]
    found: dict[tuple[str, int], Any] = {
        (str(each["name"]), int(each["accounts"])): each["median"] for each in figures
    }
    rows: list[tuple[object, ...]] = []
    for each in SCENARIOS:
        cold = found[f"{each.name}: script, cold", large]
        before = found[f"{each.name}: script, cold", small]
        ok = not each.barred or (cold <= 1.5 * before and cold <= CEILINGS.get(each.page, 0))
        warm = found[f"{each.name}: script, warm", large]
        rows.append((each.name, before, cold, warm, ok if each.barred else None))
    for name in browser.MEASURED:
        floor = found[f"{name}: browser, static page", large]
        ours = found[f"{name}: browser", large]
        rows.append((f"{name}: browser (static page)", floor, ours, "", ours <= 1.25 * floor))
    memory = "memory of the web process"
    before, after = found[memory, small], found[memory, large]
    rows.append((f"{memory}, MiB", before, after, "", after <= 1.1 * before))
    head = f"{database}, ms", f"{small:,} accounts", f"{large:,} accounts", "warm", "bar"
    return table(head, rows)


def _load(database: str, _plan: Plan) -> list[Figure]:
    """Put staff to work on a fresh demo company, all at once."""
    with databases.fresh(database) as env:
        figures: list[Figure] = json.loads(databases.python("dashboard.bench.load", env=env))
    return figures


def _report_load(database: str, figures: Sequence[Figure]) -> bool:
    return table((f"{database}, staff at once", "measured", "bar", ""), load.rows(figures))


PARTS: Final[Mapping[str, Part]] = MappingProxyType(
    {
        "pages": Part(_pages, _report_pages),
        "flow": Part(_flow, _report_flow),
        "load": Part(_load, _report_load),
        "worker": Part(_worker, _report_worker),
    }
)
"""All of them, in the order in which they are measured."""
