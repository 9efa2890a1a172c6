"""Importing accounts from a CSV file. ``docs/import.md`` has the columns and the rules.

``file`` splits the file into lines, ``values`` and ``rows`` read them, ``standing`` and ``decide``
say what they come to beside what ``stored`` finds; none of these writes. ``plan`` judges a whole
file; ``apply`` writes it by ``organizations``, ``changed`` and ``added``; ``report`` tells.
"""

from dashboard.actions.imports.apply import preview, run
from dashboard.actions.imports.file import COLUMNS, OPTIONAL
from dashboard.actions.imports.report import Change, Problem, Refused, Report, refused_csv

__all__ = [
    "COLUMNS",
    "OPTIONAL",
    "Change",
    "Problem",
    "Refused",
    "Report",
    "preview",
    "refused_csv",
    "run",
]
