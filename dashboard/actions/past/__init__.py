"""Keeping what is past: for every day, what Metrics and Replay add up.

``counts`` of a ``DailyTally`` are, by ``kind``:

- ``headline``: by headline, how many accounts had it at each full hour of the day (UTC), from the
  spells (``headlines``);
- ``age``: the same by sync-age band, noted as hours pass (``ages``); ``None`` where nobody did;
- ``trouble``: ``entered``, how many accounts got into trouble by reason; ``detected`` and
  ``reconnected``, how many did, and how many seconds that took (``troubles``);
- ``links``: of the links to reconnect made that day, how many were ``made``, ``opened``, ``done``;
- ``work``: of the cases closed that day, how many and how soon somebody had acted (``work``);
- ``joined day``, ``joined week``, ``joined month``: of the customers invited in these, how far they
  came and how long that took (``joining``). ``joined week whole``, ``joined month whole``: the same
  of all regions and types together, in one row instead of one for each.

``note`` brings all of it up to date, in steps of a day each; workers call it every minute.
"""

from dashboard.actions.past.noting import DAYS, note

__all__ = ["DAYS", "note"]
