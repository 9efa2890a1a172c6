"""An access token for a consent: fetched once, however many ask for it at the same time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from dashboard import clock, vault
from dashboard.actions import tokens as stored
from dashboard.actions.tokens import Kept
from dashboard.amazon import lwa
from dashboard.amazon.lwa import Tokens
from dashboard.amazon.wire import Wire
from dashboard.errors import AmazonDown, AmazonError, GrantRefused, NotFound, SealBroken

LEFT: Final = timedelta(minutes=2)
"""A token that ends sooner is not begun with."""
ENOUGH: Final = 10.0
"""Seconds after which no more are fetched ahead: others may wait for those that have come."""
LONGEST: Final = 60.0
"""Seconds that one waits for the token another fetches."""
PAUSES: Final = (0.05, 0.1, 0.2, 0.4)
"""Seconds between looks while another fetches it, the last again and again."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access token, and the version of the consent that it is of."""

    token: SecretStr
    version: int


def access(
    grant_id: int,
    *,
    left: timedelta = LEFT,
    refused: Access | None = None,
    wire: Wire | None = None,
) -> Access:
    """A good access token of a consent: the stored one, or a new one fetched once for all.

    Nothing is locked, and no transaction is open, while Amazon is asked or another is waited for.

    Args:
        grant_id: the consent.
        left: how long it must still be good, if it is not new.
        refused: a token that an API has just refused, which is not to be given out again.
        wire: what carries the call; the network if not given.

    Raises:
        GrantRefused: Amazon refuses the consent's newest refresh token. One refusal proves
            nothing yet: ask for a check (``actions.checking.suspect``).
        NotFound: there is no such consent, or we have no token of it.
        SealBroken: the refresh token cannot be opened with our keys.
        AmazonError: anything else of its tree; nothing is known against the consent.
    """
    deadline, waited_for, looks = time.monotonic() + LONGEST, None, 0
    while True:
        seen, now = stored.kept(grant_id), clock.now()
        found = _usable(seen, now + left, refused)
        if found is not None:
            return found
        if seen.is_being_fetched(now):
            if time.monotonic() > deadline:
                raise _nothing_came()
            waited_for = _state(seen)
            time.sleep(PAUSES[min(looks, len(PAUSES) - 1)])
            looks += 1
        elif waited_for == _state(seen) and seen.refreshing_until is None:
            # Whoever was waited for has failed, and tells; a crowd is not to fail one by one.
            raise _nothing_came()
        elif stored.claim(seen, now) and (fetched := _fetch(seen, wire)) is not None:
            return fetched


def ahead(
    wanted: Mapping[int, timedelta], wire: Wire | None = None
) -> dict[int, Access | AmazonError | SealBroken]:
    """Access tokens for several consents that are about to be used, one after the other.

    Args:
        wanted: for each consent, how long its token must still be good, if it is not new.
        wire: what carries the calls; the network if not given.

    Returns:
        For each consent a token, or why there is none. Of a consent that is left out nothing is
        known: others fetch its token just now, or there was no time. Use ``access``.
    """
    now = clock.now()
    seen, mine = stored.claim_all({each: now + left for each, left in wanted.items()}, now)
    fetching = {each.grant_id: each for each in seen if each.grant_id in mine}
    found: dict[int, Access | AmazonError | SealBroken] = {}
    for each in seen:
        usable = _usable(each, now + wanted[each.grant_id], None)
        if usable is not None and each.grant_id not in mine:
            found[each.grant_id] = usable
    try:
        came, failed = _fetch_all(list(fetching.values()), wire)
        found |= failed
        for grant_id, version in stored.keep_all(list(came.values())).items():
            _, _, fetched = came[grant_id]
            found[grant_id] = Access(fetched.access_token, version)
            del fetching[grant_id]
    finally:
        for each in fetching.values():
            stored.release(each)
    return found


def _fetch_all(
    fetching: Sequence[Kept], wire: Wire | None
) -> tuple[dict[int, tuple[Kept, SecretStr, Tokens]], dict[int, AmazonError | SealBroken]]:
    """Ask Amazon for each in turn, as many as there is time for: what came, and what failed."""
    ends = time.monotonic() + ENOUGH
    came: dict[int, tuple[Kept, SecretStr, Tokens]] = {}
    failed: dict[int, AmazonError | SealBroken] = {}
    for each in fetching:
        if time.monotonic() > ends:
            break
        try:
            shown = vault.open_sealed(each.sealed)
            came[each.grant_id] = each, shown, lwa.refresh(each.channel, shown, wire=wire)
        except (AmazonError, SealBroken) as error:
            if not _replaced(each, error):
                failed[each.grant_id] = error
    return came, failed


def _replaced(seen: Kept, error: Exception) -> bool:
    """Whether a refusal is of a consent that was given anew meanwhile, and so means nothing."""
    if not isinstance(error, GrantRefused):
        return False
    try:
        return stored.kept(seen.grant_id).version != seen.version
    except NotFound:
        return True


def _usable(seen: Kept, good_until: datetime, refused: Access | None) -> Access | None:
    if seen.ends_at is None or seen.ends_at < good_until:
        return None
    token = seen.access_token
    if token is None or (refused is not None and token == refused.token):
        return None
    return Access(token, seen.version)


def _state(seen: Kept) -> tuple[int, str | None]:
    return seen.version, seen.sealed_access


def _fetch(seen: Kept, wire: Wire | None) -> Access | None:
    """Ask Amazon; ``None`` if the consent was replaced meanwhile, so that the new one counts."""
    try:
        shown = vault.open_sealed(seen.sealed)
        came = lwa.refresh(seen.channel, shown, wire=wire)
        version = stored.keep(seen, shown, came)
    except GrantRefused as error:
        if _replaced(seen, error):
            return None
        stored.release(seen)
        raise
    except BaseException:
        stored.release(seen)
        raise
    return None if version is None else Access(came.access_token, version)


def _nothing_came() -> AmazonError:
    return AmazonDown("Amazon gave no access token: try again in a few minutes.", code="no_token")
