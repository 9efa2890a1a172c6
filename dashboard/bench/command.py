"""``dashboard bench``: all parts on both databases, or some of them; a table for each."""

import json
from collections.abc import Sequence
from pathlib import Path

from dashboard.bench.databases import Plan
from dashboard.bench.parts import PARTS
from dashboard.bench.scenarios import Figure


def run(
    plan: Plan, databases: Sequence[str], only: Sequence[str] = (), file: Path | None = None
) -> bool:
    """Build, measure and print; write the figures as JSON where asked to.

    Args:
        plan: how much is measured.
        databases: ``sqlite``, ``postgresql``.
        only: names of ``PARTS``; empty for all.
        file: where the figures go.

    Returns:
        Whether every bar was met.
    """
    figures: list[Figure] = []
    met = True
    for name in only or PARTS:
        for database in databases:
            measured = PARTS[name].measure(database, plan)
            figures += [each | {"name": f"{database}: {each['name']}"} for each in measured]
            # What was measured is kept before anything else is done with it.
            if file is not None:
                file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
            met &= PARTS[name].report(database, measured)
    return met
