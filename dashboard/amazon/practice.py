"""Steering the stand-in Amazon of a demo: who can sign in there, and what goes wrong for whom.

It is asked on this machine only, and only in demo mode: production has no such thing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx2

from dashboard.diagnosis import Channel
from dashboard.errors import AmazonDown, BadInput
from dashboard.settings import Mode, settings

EVERYBODY: Final = "everything"
"""The member that stands for all of Amazon."""
PATIENCE: Final = 3.0
LARGEST: Final = 1024 * 1024
AWAY: Final = (
    "The practice Amazon is not running. Start it with `dashboard sandbox`, or all of Switchboard "
    "with `dashboard run`."
)
STRANGE: Final = "The practice Amazon answered something that is not understood: restart it."


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that can be made to go wrong."""

    value: str
    title: str
    what: str


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who can sign in at the practice Amazon; ``behaviour`` is what is put on them.

    ``merchants`` are the ids of their businesses, at either API.
    """

    id: str
    name: str
    kind: str
    email: str
    marketplaces: tuple[str, ...]
    behaviour: str
    merchants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody at the practice Amazon; ``everything`` is what is put on all of them."""

    members: tuple[Member, ...]
    behaviours: tuple[Behaviour, ...]
    everything: str


def cast() -> Cast:
    """Everybody who can sign in, and what goes wrong for them.

    Raises:
        BadInput: this is no demo.
        AmazonDown: the practice Amazon is not running, or is no such thing.
    """
    found = _ask("GET", "/sandbox/cast")
    try:
        return Cast(
            members=tuple(
                Member(
                    str(each["id"]), str(each["name"]), str(each["kind"]), str(each["email"]),
                    tuple(map(str, each["marketplaces"])), str(each["behaviour"]),
                    frozenset(
                        str(known)
                        for business in each["businesses"]
                        for kind in ("merchants", "advertisers")
                        for known in business[kind].values()
                    ),
                )
                for each in found["members"]
            ),
            behaviours=tuple(
                Behaviour(str(each["value"]), str(each["title"]), str(each["what"]))
                for each in found["behaviours"]
            ),
            everything=str(found["everything"]),
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError):
        raise AmazonDown(STRANGE) from None


def behave(member: str, behaviour: str) -> None:
    """Put a behaviour on a member, or on ``EVERYBODY``, in place of the one before.

    Raises:
        BadInput: this is no demo, or there is no such member or behaviour.
        AmazonDown: the practice Amazon is not running.
    """
    _ask("PUT", f"/sandbox/behaviours/{quote(member, safe='')}", {"behaviour": behaviour})


def revoke(member: str, channel: Channel) -> None:
    """Take back all consents that a member gave for a channel until now, as a customer would.

    Raises:
        BadInput: this is no demo, or there is no such member.
        AmazonDown: the practice Amazon is not running.
    """
    _ask("POST", f"/sandbox/revoke/{quote(member, safe='')}", {"channel": channel.value})


def reset() -> None:
    """Make all well again.

    Raises:
        BadInput: this is no demo.
        AmazonDown: the practice Amazon is not running.
    """
    _ask("POST", "/sandbox/reset", {})


def _ask(method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
    chosen = settings()
    if chosen.mode is not Mode.DEMO:
        raise BadInput("Practice is for demos only.")
    try:
        # No proxy of the environment's: it could not reach this machine.
        with httpx2.Client(timeout=PATIENCE, trust_env=False, follow_redirects=False) as client:
            answer = client.request(method, chosen.sandbox_base + path, json=body)
    except httpx2.HTTPError:
        raise AmazonDown(AWAY) from None
    if answer.status_code in {400, 404}:
        raise BadInput("The practice Amazon does not know this: reload the page.")
    try:
        found = json.loads(answer.content[:LARGEST]) if answer.status_code == 200 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AmazonDown(STRANGE)
    return found
