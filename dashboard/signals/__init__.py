"""What Amazon's answers say about a connection. Pure: answers in, a finding out.

Amazon's consent always "works"; whose it is, what it reaches and what ails the business is only
seen from what the APIs then list and refuse (Ads API, "Retrieve profiles", "Errors"; SP-API,
"Selling partner authorization"). A finding is not yet sure: who acts on it looks again first.
"""

from dashboard.signals.answers import (
    CONSENT,
    Participation,
    advertising,
    lapsed_or_revoked,
    refusal,
    selling,
    token_refused,
    trouble,
)
from dashboard.signals.reach import (
    Finding,
    Profile,
    Reach,
    Wanted,
    lacking,
    offered,
    same,
    uncovered,
)

__all__ = [
    "CONSENT",
    "Finding",
    "Participation",
    "Profile",
    "Reach",
    "Wanted",
    "advertising",
    "lacking",
    "lapsed_or_revoked",
    "offered",
    "refusal",
    "same",
    "selling",
    "token_refused",
    "trouble",
    "uncovered",
]
