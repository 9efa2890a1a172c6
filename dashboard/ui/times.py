"""Moments as people say them: how long ago, and exactly, in the reader's own time zone."""

from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from dashboard import clock

NEVER: Final = "never"


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago a moment was: ``3 h ago``; ``never`` for none, ``in 3 h`` for the future."""
    if moment is None or pd.isna(moment):
        return NEVER
    if moment > now:
        return f"in {clock.spoken(moment - now)}"
    return f"{clock.spoken(now - moment)} ago"


def zone() -> tzinfo:
    """The reader's time zone as their browser tells it; UTC when it does not."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def exact(moment: datetime | None) -> str:
    """Say a moment in the reader's time zone: ``Mon 4 May 2026, 14:07:31 CEST``."""
    if moment is None or pd.isna(moment):
        return NEVER
    local = moment.astimezone(zone())
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S %Z}"


def short(moment: datetime) -> str:
    """Say a moment in the reader's time zone, briefly: ``4 May, 14:07``."""
    local = moment.astimezone(zone())
    return f"{local.day} {local:%b, %H:%M}"


def show_ago(moment: datetime | None, now: datetime, *, before: str = "") -> None:
    """Show how long ago a moment was, with the exact time on hover.

    Args:
        moment: aware UTC, or ``None`` for never.
        now: aware UTC.
        before: words to put before it, such as ``checked``.
    """
    said = f"{before} {ago(moment, now)}".strip()
    known = moment is not None and not pd.isna(moment)
    st.badge(said, color="gray", help=exact(moment) if known else None)


def column(label: str, **options: Any) -> Any:
    """A table column of moments said as distances (``3 hours ago``); its cells hold aware UTC."""
    return st.column_config.DatetimeColumn(label, format="distance", **options)


def exact_column(label: str, **options: Any) -> Any:
    """A table column of moments in full, for cells that went through ``local``."""
    return st.column_config.DatetimeColumn(label, format="D MMM YYYY, HH:mm:ss", **options)


def local(moments: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column of aware moments in the reader's time zone."""
    moved: pd.Series[Any] = moments.dt.tz_convert(zone())
    return moved
