"""Which row an address names: ``/account?id=7``."""

from typing import Final

import streamlit as st

from dashboard.errors import NotFound

LARGEST: Final = 2**31 - 1
"""No row has a greater id, on either database."""


def chosen_id(kind: str, parameter: str = "id") -> int | None:
    """The id in the page's address; ``None`` where there is none.

    Whether such a row exists is for the query to say.

    Args:
        kind: what it is the id of: ``account``.
        parameter: the name in the address.

    Raises:
        NotFound: what stands there can be no id.
    """
    found = number(parameter)
    if found is None and st.query_params.get(parameter):
        raise NotFound(
            f"The address names no {kind}: after {parameter}= there must be the {kind}'s number. "
            "Look for it by name under Accounts."
        )
    return found


def number(parameter: str) -> int | None:
    """A number in the page's address that can be an id; ``None`` for anything else."""
    given = st.query_params.get(parameter, "").strip()
    if not (given.isascii() and given.isdecimal() and len(given) <= len(str(LARGEST))):
        return None
    return int(given) if int(given) <= LARGEST else None
