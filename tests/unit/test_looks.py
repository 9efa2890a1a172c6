"""How statuses look: every one, readably, and the same in charts as in the theme."""

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from dashboard.diagnosis import Actor
from dashboard.settings import ROOT
from dashboard.status import AgeBand, ChannelStatus, Headline
from dashboard.ui import looks

THEME: Mapping[str, Any] = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
THEMES = {"light": looks.LIGHT, "dark": looks.DARK}
STATUSES = [*Headline, *ChannelStatus, *Actor, *AgeBand, *looks.SYNCS]


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color", looks.LIGHT)
def test_status_colours_are_readable_as_text_wherever_they_stand(theme: str, color: str) -> None:
    shown = THEMES[theme][color]
    surfaces = [
        THEME[theme]["backgroundColor"],
        THEME[theme]["secondaryBackgroundColor"],
        THEME[theme][f"{color}BackgroundColor"],
        THEME[theme]["sidebar"]["backgroundColor"],
    ]
    assert min(contrast(shown, surface) for surface in surfaces) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color", looks.LIGHT)
def test_charts_and_streamlit_use_the_same_status_colours(theme: str, color: str) -> None:
    assert THEME[theme][f"{color}TextColor"] == THEMES[theme][color]
    assert THEME[theme][f"{color}Color"] == THEMES[theme][color]


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_links_are_readable(theme: str) -> None:
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(THEME[theme]["textColor"], THEME[theme][surface]) >= 7
        assert contrast(THEME[theme]["linkColor"], THEME[theme][surface]) >= 4.5
    assert contrast("#FFFFFF", THEME[theme]["primaryColor"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_warnings_have_the_colour_of_act_soon(theme: str) -> None:
    for part in ("Color", "TextColor", "BackgroundColor"):
        assert THEME[theme][f"yellow{part}"] == THEME[theme][f"orange{part}"]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_shape_of_its_own_beside_the_word(status: str) -> None:
    look = looks.look(status)
    assert look.icon.startswith(":material/")
    assert len(look.shape) == 1
    assert looks.cell(status).casefold() == f"{look.shape} {status}".casefold()
    assert looks.text(status).startswith(f":{look.color}[{look.icon}] ")


def test_headlines_differ_in_shape_and_icon_so_that_colour_is_never_alone() -> None:
    found = [looks.look(each) for each in Headline]
    assert len({each.shape for each in found}) == len(found)
    assert len({each.icon for each in found}) == len(found)


def test_a_word_nobody_knows_looks_unknown() -> None:
    assert looks.look("Something new") == looks.look(Headline.UNKNOWN)


def test_charts_get_a_colour_for_each_word() -> None:
    colors = looks.hexes(Headline, dark=True)
    assert list(colors) == [each.value for each in Headline]
    assert set(colors.values()) <= set(looks.DARK.values())


@pytest.mark.parametrize(
    ("written", "shown"),
    [("Acme", "Acme"), ("*Acme* [x](y)", r"\*Acme\* \[x\]\(y\)"), ("a\n\n# b", r"a \# b"),
     (":red[x] $1$", r"\:red\[x\] \$1\$"), ("<b>", r"\<b\>"),
     ("https://a", "https\\:\N{WORD JOINER}\\/\\/a"), ("WWW.a", "WWW\N{WORD JOINER}\\.a")],
)  # fmt: skip
def test_names_from_outside_cannot_speak_markdown(written: str, shown: str) -> None:
    assert looks.plain(written) == shown
