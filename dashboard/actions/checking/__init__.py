"""Checks of consents: who makes one, and what of it is stored.

Amazon is asked between the transactions of ``claiming`` and ``storing``. What is found is stored
for all accounts on the consent at once, and only if it is still the one that was looked at.
"""

from dashboard.actions.checking.claiming import (
    QUEUED,
    claim,
    claim_all,
    find_due,
    give_back,
    suspect,
    take,
)
from dashboard.actions.checking.storing import forget, store, store_all
from dashboard.actions.checking.task import OK, Result, Stand, Subject, Task, Ticket

__all__ = [
    "OK",
    "QUEUED",
    "Result",
    "Stand",
    "Subject",
    "Task",
    "Ticket",
    "claim",
    "claim_all",
    "find_due",
    "forget",
    "give_back",
    "store",
    "store_all",
    "suspect",
    "take",
]
