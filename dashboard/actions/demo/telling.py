"""Deals scenarios to accounts, and tells their lives."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.actions.demo import company, history
from dashboard.actions.demo.company import Crew, Plan, Shape
from dashboard.actions.demo.history import Past, Track
from dashboard.actions.demo.life import Life
from dashboard.actions.demo.scenarios import HEALTHY, REFUSED_AGENCY, SCENARIOS, Scenario
from dashboard.status import Limits


@dataclass(frozen=True, slots=True)
class Terms:
    """What all of a demo shares: its seed, our staff, its present, how many days back runs go."""

    seed: str
    crew: Crew
    now: datetime
    days: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Told:
    """An account whose life is told and read back; ``scenario`` says how it is."""

    life: Life
    scenario: str
    tracks: list[Track]
    past: Past


@dataclass(frozen=True, slots=True)
class Household:
    """An organization and its accounts."""

    plan: Plan
    accounts: list[Told]


def block(terms: Terms, first: int, count: int, on_told: Callable[[int], None]) -> list[Household]:
    """Make up some organizations with all that happened to their accounts.

    Args:
        terms: what all of the demo shares.
        first: which organization of the demo the first one is, from 0.
        count: how many, at most ``company.BLOCK``.
        on_told: called with how many organizations are told.
    """
    rng = random.Random(f"{terms.seed}/{first}")  # noqa: S311 - made-up data
    planned = company.plans(rng, first, count, terms.crew)
    scenarios = _dealt(rng, planned, complete=first == 0)
    made = []
    for done, plan in enumerate(planned, 1):
        told = [_told(terms, plan, shape, scenarios[shape.external_id]) for shape in plan.shapes]
        made.append(Household(plan, told))
        on_told(done)
    return made


def _dealt(rng: random.Random, planned: Sequence[Plan], *, complete: bool) -> dict[str, Scenario]:
    """Which account has which scenario; a ``complete`` block has every scenario it has room for."""
    dealt = {
        shape.external_id: REFUSED_AGENCY
        for plan in planned
        if plan.refused_login
        for shape in plan.shapes
    }
    shapes = [shape for plan in planned for shape in plan.shapes]
    free = [shape for shape in shapes if shape.external_id not in dealt]
    rng.shuffle(free)
    for scenario in SCENARIOS:
        share = round(scenario.accounts * len(shapes) / 400)
        chosen = [shape for shape in free if scenario.fits(shape)][: max(share, int(complete))]
        dealt |= {shape.external_id: scenario for shape in chosen}
        free = [shape for shape in free if shape.external_id not in dealt]
    return dealt | {shape.external_id: HEALTHY for shape in free}


def _told(terms: Terms, plan: Plan, shape: Shape, scenario: Scenario) -> Told:
    seed = f"{terms.seed}/{shape.external_id}"
    life = Life(shape, terms.crew, plan.strategist, terms.now, seed)
    scenario.tell(life)
    start = terms.now - timedelta(days=terms.days)
    tracks = history.tracks(life, start)
    return Told(life, scenario.name, tracks, history.past(life, tracks, terms.limits))
