"""What a strategist's daily mail says of their accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from dashboard.alerts.wording import tame
from dashboard.status import Headline

NEWLY: Final[Mapping[Headline, str]] = MappingProxyType(
    {
        Headline.STUCK: "newly stuck",
        Headline.LATE: "newly late",
        Headline.NEEDS_RECONNECT: "newly to reconnect",
        Headline.NEEDS_PERMISSION: "newly without permission",
    }
)
"""Headlines whose new accounts are counted, and how that is said."""
RECOVERED: Final = "recovered"
EXPIRE: Final = "expire this week"


@dataclass(frozen=True, slots=True)
class Part:
    """Some accounts of a digest: what of them, how many, a few names, and the list's filters."""

    said: str
    count: int
    names: Sequence[tuple[str, str]]
    filters: Mapping[str, str]


def write(parts: Sequence[Part], base: str) -> tuple[str, str] | None:
    """Title and text of a digest; ``None`` if there is nothing to say.

    Args:
        parts: what there may be to say; those without accounts are left out.
        base: the dashboard's address, without a slash at the end.
    """
    told = [each for each in parts if each.count]
    if not told:
        return None
    title = ", ".join(f"{each.count:,} {each.said}" for each in told)
    blocks = []
    for part in told:
        lines = [f"{part.count:,} {part.said}:"]
        lines += [
            f"- {tame(account)} ({tame(organization)})" for account, organization in part.names
        ]
        if part.count > len(part.names):
            lines.append(f"and {part.count - len(part.names):,} more")
        lines.append(f"{base}/accounts?{urlencode(part.filters)}")
        blocks.append("\n".join(lines))
    last = "Whoever is admin of Switchboard can end these mails: Alerts, Daily digest."
    return title, "\n\n".join(["Your accounts since yesterday.", *blocks, last])
