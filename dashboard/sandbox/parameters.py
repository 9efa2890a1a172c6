"""Reading the parameters of SP-API's operations, and the tokens of their pages."""

from datetime import UTC, datetime
from typing import Any

from dashboard.sandbox.selling import BadRequest, Caller
from dashboard.sandbox.tokens import PAGE


def words(caller: Caller, name: str, most: int, *, needed: bool = False) -> list[str]:
    """A comma-delimited list, of which there may be so many entries."""
    found = [each for each in caller.asked.get(name, "").split(",") if each]
    if needed and not found:
        raise BadRequest(f"{name} is missing.")
    if len(found) > most:
        raise BadRequest(f"{name} must not have more than {most} entries.")
    return found


def choice(caller: Caller, name: str, allowed: tuple[str, ...], usual: str = "") -> str:
    """One of a few words."""
    found = caller.asked.get(name) or usual
    if found and found not in allowed:
        raise BadRequest(f"{name} must be one of {', '.join(allowed)}.")
    return found


def whole(caller: Caller, name: str, usual: int, most: int) -> int:
    """A number from 1 up."""
    text = caller.asked.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise BadRequest(f"{name} must be from 1 to {most}.")
    return int(text)


def moment(caller: Caller, name: str) -> datetime | None:
    """A date and time in ISO 8601; without an offset it is UTC."""
    text = caller.asked.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} must be an ISO 8601 date and time.") from None


def page_token(caller: Caller, name: str, start: int) -> str:
    """What to send for the page that begins at ``start``."""
    what = {"of": name, "merchant": caller.merchant, "start": start}
    return caller.world.sp_api.seal(PAGE, what | {"at": caller.world.moment()})


def page_start(caller: Caller, name: str, parameter: str, seconds: float | None = None) -> int:
    """Where the page that is asked for begins; tokens may die after some seconds."""
    token = caller.asked.get(parameter)
    if not token:
        return 0
    found: dict[str, Any] | None = caller.world.sp_api.opened(PAGE, token)
    if found is None or (found.get("of"), found.get("merchant")) != (name, caller.merchant):
        raise BadRequest(f"{parameter} is not valid.")
    if seconds is not None and caller.world.moment() > found["at"] + seconds:
        raise BadRequest(f"{parameter} has expired.")
    start: int = found["start"]
    return start


def iso(when: datetime) -> str:
    """A moment as SP-API writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
