"""Who is at the screen: staff by sign-in, or the local operator of a demo."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from dashboard import clock
from dashboard.actions import staff as entering
from dashboard.db.engine import reading
from dashboard.errors import ConfigurationError, NotAllowed, SwitchboardError
from dashboard.queries import staff as known
from dashboard.roles import Role, Staff
from dashboard.settings import Mode, Settings, settings

SESSION: Final = timedelta(hours=12)
"""How long a sign-in lasts. Streamlit's own cookie would live for a month."""
DEMO_ROLE: Final = "demo_role"
"""Key of the demo's role switch in the sidebar."""


class NotSignedIn(SwitchboardError):
    """Nobody is signed in, or the sign-in has ended."""


def signed_in() -> Staff:
    """The person at the screen, as the staff table knows them at this very moment.

    Every full run, every fragment and every write asks again, so whoever is removed is out at the
    next click.

    Raises:
        ConfigurationError: the settings would not do for serving anybody.
        NotSignedIn: nobody is, or not any more.
        NotAllowed: they are not staff, or this is a demo and they are not at this machine.
    """
    chosen = settings()
    if chosen.problems():
        # `dashboard web` would not have started; `streamlit run` does not ask.
        raise ConfigurationError(
            "Switchboard is not set up yet: run `dashboard check` on the server to see why."
        )
    if chosen.mode is Mode.DEMO:
        return _local_operator()
    if not st.user.get("is_logged_in", False):
        raise NotSignedIn("Sign in to see this page.")
    claims = st.user.to_dict()
    begun = claims.get("iat")
    if (
        not isinstance(begun, int | float)
        or clock.now().timestamp() - begun > SESSION.total_seconds()
    ):
        raise NotSignedIn("Your sign-in has ended: sign in again.")
    return _member(claims, chosen)


def _local_operator() -> Staff:
    if not _is_local():
        raise NotAllowed(
            "This is a demo without sign-in, so it answers only on the machine it runs on: open it "
            "there, or have it started with DASHBOARD_MODE=production."
        )
    role = st.session_state.get(DEMO_ROLE, Role.ADMIN)
    return Staff(id=None, email="", name="Local operator", role=Role(role))


def _is_local() -> bool:
    """Whether browser and server are one machine, as far as the connection tells.

    The address alone would not do: behind a proxy, or a name that some page has pointed at this
    machine, every connection comes from loopback.
    """
    headers = st.context.headers
    if any(headers.get(name) for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    host = urlsplit(f"//{headers.get('Host') or 'localhost'}").hostname or ""
    address = st.context.ip_address
    # Streamlit gives loopback as None; under AppTest there is no connection at all.
    return is_loopback(host) and (not isinstance(address, str) or is_loopback(address))


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    # Where one socket serves both kinds of address, 127.0.0.1 arrives as ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _member(claims: Mapping[str, Any], chosen: Settings) -> Staff:
    """The staff table decides; it lacks the person: the claim; and the first admin may enter."""
    email = str(claims.get("email") or "").strip().lower()
    stranger = NotAllowed(
        f"{email or 'This account'} is not on the staff list of Switchboard. To get access, ask "
        f"{chosen.support_contact}."
    )
    if not email or claims.get("email_verified") is False:
        raise stranger
    name = str(claims.get("name") or email)
    found = _look_up(email)
    if found is None and email == chosen.first_admin.strip().lower():
        entering.enter_first_admin(email, name)
        found = _look_up(email)
    if found is not None:
        if not found.active:
            raise stranger
        return found.staff
    role = claimed_role(claims.get(chosen.role_claim)) if chosen.role_claim else None
    if role is None:
        raise stranger
    return Staff(id=None, email=email, name=name, role=role)


def _look_up(email: str) -> known.Member | None:
    with reading() as session:
        return known.member(session, email)


def claimed_role(claim: object) -> Role | None:
    """The strongest role that a claim names: a string, or a list of strings; ``None`` for none."""
    values = claim if isinstance(claim, list | tuple) else [claim]
    named = {value.strip().lower() for value in values if isinstance(value, str)}
    return next((role for role in reversed(Role) if role.value in named), None)
