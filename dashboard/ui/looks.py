"""How every status looks: an icon, a shape for table cells and a colour, always beside the word."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import streamlit as st

from dashboard.diagnosis import Actor
from dashboard.status import AgeBand, ChannelStatus, Headline

Color = Literal["green", "blue", "orange", "red", "gray"]


class Look(NamedTuple):
    """``icon`` is a Material symbol, ``shape`` a character for where only plain text is shown."""

    icon: str
    shape: str
    color: Color


LIGHT: Final[Mapping[Color, str]] = MappingProxyType(
    {
        "green": "#1A7F4B",
        "blue": "#2B62B5",
        "orange": "#9A5B00",
        "red": "#BC3128",
        "gray": "#5B6472",
    }
)
"""Status colours on the light theme; ``.streamlit/config.toml`` gives Streamlit the same."""

DARK: Final[Mapping[Color, str]] = MappingProxyType(
    {
        "green": "#5CC493",
        "blue": "#7FA9EE",
        "orange": "#E5A54B",
        "red": "#F2857C",
        "gray": "#A3ADBB",
    }
)
"""Status colours on the dark theme."""

INK: Final = MappingProxyType({"light": "#1D2330", "dark": "#E4E7EC"})
"""Plain text by theme."""

PAPER: Final = MappingProxyType({"light": "#FFFFFF", "dark": "#14171D"})
"""The page itself by theme, as in ``.streamlit/config.toml``."""

HEADLINES: Final[Mapping[Headline, Look]] = MappingProxyType(
    {
        Headline.DISCONNECTED: Look(":material/block:", "⊘", "gray"),
        Headline.PAUSED: Look(":material/pause_circle:", "‖", "gray"),
        Headline.UNKNOWN: Look(":material/help:", "?", "gray"),
        Headline.AMAZON_INCIDENT: Look(":material/cloud_off:", "☁", "orange"),
        Headline.OUR_FIX: Look(":material/build:", "⚙", "red"),
        Headline.NOT_CONNECTED: Look(":material/radio_button_unchecked:", "○", "orange"),
        Headline.NEEDS_RECONNECT: Look(":material/link_off:", "✕", "red"),
        Headline.NEEDS_PERMISSION: Look(":material/lock:", "◆", "red"),
        Headline.STUCK: Look(":material/report:", "■", "red"),
        Headline.LATE: Look(":material/schedule:", "◷", "orange"),
        Headline.AT_RISK: Look(":material/warning:", "△", "orange"),
        Headline.FIRST_SYNC: Look(":material/sync:", "↻", "blue"),
        Headline.EXPIRING: Look(":material/event_upcoming:", "◔", "orange"),
        Headline.HEALTHY: Look(":material/check_circle:", "✓", "green"),
    }
)

CHANNELS: Final[Mapping[ChannelStatus, Look]] = MappingProxyType(
    {
        ChannelStatus.NOT_CONNECTED: HEADLINES[Headline.NOT_CONNECTED],
        ChannelStatus.AT_AMAZON: Look(":material/hourglass_top:", "◐", "blue"),
        ChannelStatus.CONNECTED: HEADLINES[Headline.HEALTHY],
        ChannelStatus.EXPIRING: HEADLINES[Headline.EXPIRING],
        ChannelStatus.NEEDS_RECONNECT: HEADLINES[Headline.NEEDS_RECONNECT],
        ChannelStatus.NEEDS_PERMISSION: HEADLINES[Headline.NEEDS_PERMISSION],
        ChannelStatus.NOT_REQUIRED: Look(":material/remove:", "-", "gray"),
        ChannelStatus.PAUSED: HEADLINES[Headline.PAUSED],
        ChannelStatus.UNKNOWN: HEADLINES[Headline.UNKNOWN],
    }
)

ACTORS: Final[Mapping[Actor, Look]] = MappingProxyType(
    {
        Actor.US: Look(":material/groups:", "▲", "red"),
        Actor.CUSTOMER: Look(":material/person:", "●", "orange"),
        Actor.AMAZON: Look(":material/cloud:", "☁", "blue"),
        Actor.NOBODY: Look(":material/remove:", "-", "gray"),
    }
)

AGES: Final[Mapping[AgeBand, Look]] = MappingProxyType(
    {
        AgeBand.UNDER_6_H: HEADLINES[Headline.HEALTHY],
        AgeBand.UNDER_12_H: HEADLINES[Headline.HEALTHY],
        AgeBand.UNDER_24_H: HEADLINES[Headline.HEALTHY],
        AgeBand.UNDER_48_H: HEADLINES[Headline.LATE],
        AgeBand.UNDER_7_D: HEADLINES[Headline.STUCK],
        AgeBand.OVER_7_D: HEADLINES[Headline.STUCK],
        AgeBand.NEVER: Look(":material/radio_button_unchecked:", "○", "gray"),
    }
)

SYNCS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "idle": HEADLINES[Headline.HEALTHY],
        "queued": Look(":material/pending:", "…", "blue"),
        "running": HEADLINES[Headline.FIRST_SYNC],
        "succeeded": HEADLINES[Headline.HEALTHY],
        "failed": Look(":material/error:", "✕", "red"),
        "waiting": Look(":material/pending:", "…", "blue"),
        "not possible": HEADLINES[Headline.DISCONNECTED],
    }
)
"""States of a stream and of what was asked for, outcomes of a sync run, as they are stored."""

MARKUP: Final = frozenset("\\`*_{}[]()<>#+-.!|:~$&=^\"'@/")
"""What Markdown, or Streamlit's own additions to it, could read as more than a character."""
_LINKS: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where an address of the web begins."""

NOT_KNOWN: Final = HEADLINES[Headline.UNKNOWN]


@lru_cache(maxsize=256)
def look(status: StrEnum | str) -> Look:
    """The look of a headline, channel status, actor, age band, stream state or sync outcome.

    Words that mean the same in several of these look the same, so plain text will do. A word that
    is none of them looks unknown.
    """
    tables: tuple[Mapping[StrEnum, Look], ...] = (HEADLINES, CHANNELS, ACTORS, AGES)  # type: ignore[assignment]
    for table in tables:
        for each, its in table.items():
            if each.value == status:
                return its
    return SYNCS.get(str(status), NOT_KNOWN)


def badge(status: StrEnum | str, *, help: str | None = None) -> None:  # noqa: A002 - Streamlit's word
    """Show a status as a badge: icon, word and colour."""
    its = look(status)
    st.badge(_word(status), icon=its.icon, color=its.color, help=help)


def text(status: StrEnum | str) -> str:
    """A status as markdown: coloured icon, then the word."""
    its = look(status)
    return f":{its.color}[{its.icon}] {_word(status)}"


def cell(status: StrEnum | str) -> str:
    """A status as plain text for a table cell or an option: its shape, then the word."""
    return f"{look(status).shape} {_word(status)}"


def plain(text: str) -> str:
    """Text from outside (a name, an address) for use within markdown: shown as it is written."""
    # Addresses become links whatever is escaped in them, unless something unseen keeps them apart.
    line = _LINKS.sub("\N{WORD JOINER}", " ".join(text.split()))
    return "".join(f"\\{each}" if each in MARKUP else each for each in line)


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return bool(st.context.theme.type == "dark")


def palette(*, dark: bool | None = None) -> Mapping[Color, str]:
    """The hex values of the status colours for charts; the reader's theme unless told."""
    return DARK if (is_dark() if dark is None else dark) else LIGHT


def ink() -> str:
    """The hex value of plain text for charts, in the reader's theme."""
    return INK["dark" if is_dark() else "light"]


def paper() -> str:
    """The hex value of the page for charts, in the reader's theme."""
    return PAPER["dark" if is_dark() else "light"]


def hexes(statuses: Iterable[StrEnum | str], *, dark: bool | None = None) -> dict[str, str]:
    """The hex colour of each status by its word, for charts; the reader's theme unless told."""
    colors = palette(dark=dark)
    return {str(each): colors[look(each).color] for each in statuses}


def _word(status: StrEnum | str) -> str:
    """States of the database are lower case; on screen a status begins with a capital."""
    word = str(status)
    return word.capitalize() if word in SYNCS else word
