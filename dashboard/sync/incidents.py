"""Incidents as they come and go: recognised, looked into, ended; each worker does this each minute.

``recognition`` decides; ``actions.incidents`` reads what checks came to and stores what follows.
"""

from datetime import datetime, timedelta
from typing import Final

from dashboard import clock
from dashboard.actions import checking, incidents
from dashboard.actions.checking import Ticket
from dashboard.actions.incidents import Open, Trials
from dashboard.db.engine import reading
from dashboard.settings import settings
from dashboard.sync import recognition
from dashboard.sync.recognition import Rules

PROBES: Final = 3
"""So many consents that failed are looked at each minute, others each time."""


def watch(now: datetime | None = None) -> None:
    """Open the incidents that checks tell of, and close those that are over.

    Args:
        now: aware UTC; the present unless given.
    """
    moment, window = now or clock.now(), _window()
    rules = Rules(settings().incident_customers, settings().incident_percent / 100)
    seen = {each.key: each for each in incidents.sights(moment, window)}
    for each in seen.values():
        if recognition.begins(each, rules):
            incidents.open_one(each, moment, ours=each.outcome in recognition.OURS)
    for incident, trials in _all():
        here = seen.get(incident.key)
        incidents.grow(incident, trials.customers, here.share if here else 0.0)
        if not incident.ours and moment <= incident.opened_at + window:
            incidents.mark(incident, trials.failing, moment)
        end = recognition.ends(trials, incident.probed_at, moment)
        if end is not None and incidents.close(incident, end.value, moment):
            incidents.release(trials.failing, incident.channel, moment)


def find_probes(now: datetime | None = None) -> list[Ticket]:
    """Claim the checks by which it is seen whether open incidents are over.

    Args:
        now: aware UTC; the present unless given.
    """
    moment, found = now or clock.now(), []
    for incident, trials in _all():
        probes = min(PROBES, len(trials.failing))
        if incidents.begin_round(incident, probes, moment):
            found += checking.take(trials.failing, PROBES, moment)
    return found


def _all() -> list[tuple[Open, Trials]]:
    with reading() as session:
        return [
            (each, incidents.trials(session, each))
            for each in incidents.open_ones(session, _window())
        ]


def _window() -> timedelta:
    return timedelta(minutes=settings().incident_minutes)
