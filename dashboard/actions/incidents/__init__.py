"""Incidents: what checks say of them, their beginning and end, and whom they touch.

Whether something is an incident, and whether it is over, is decided in ``sync.recognition``.
Every step may be taken by several workers at once, and again.
"""

from dashboard.actions.incidents.marking import mark, note_sync
from dashboard.actions.incidents.opening import begin_round, close, grow, open_one, release
from dashboard.actions.incidents.seeing import Open, Seen, Trials, open_ones, sights, trials

__all__ = [
    "Open",
    "Seen",
    "Trials",
    "begin_round",
    "close",
    "grow",
    "mark",
    "note_sync",
    "open_one",
    "open_ones",
    "release",
    "sights",
    "trials",
]
