"""PURE: what is worth an alert, to whom, when, and in which words.

``rules`` decides from a turn of an account's headline, ``reading`` knows which turns are still to
be read, ``quiet`` when a route wants to be left alone, ``wording`` what a message says.
"""

from dashboard.alerts.quiet import Quiet
from dashboard.alerts.reading import Gap, Reading
from dashboard.alerts.rules import Move, Phase, Rule, Turn, decide, told_of

__all__ = ["Gap", "Move", "Phase", "Quiet", "Reading", "Rule", "Turn", "decide", "told_of"]
