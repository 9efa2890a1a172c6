"""Events in words, whatever their kind and details."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.timeline import LONGEST, name, told

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({}, ""),
        ({"channel": "AAA", "reason": "view_only"}, "AAA, The login may only view campaigns"),
        ({"reason": "a reason of another version"}, "a reason of another version"),
        ({"member": "Bo", "before": "viewer", "after": "admin"}, "viewer → admin, Bo"),
        ({"before": "", "after": "Healthy", "reason": ""}, "Healthy"),
        (
            {"file": "a.csv", "rows": 12, "created": 1200, "refused": 0},
            "a.csv, 12 rows, 1,200 created",
        ),
        ({"columns": ["name", "region"]}, "columns: name, region"),
        ({"filters": {"region": ["EU"], "search": ""}}, "filters: region: EU"),
        ({"shared": True, "gone": False, "shape": None}, "shared: yes"),
        ({"channels": ["AAA", "SP-API"]}, "AAA, SP-API"),
    ],
)
def test_details_are_said_in_words_and_what_is_empty_is_left_out(
    details: dict[str, object], words: str
) -> None:
    assert told(details) == words


def test_a_kind_nobody_has_named_is_said_by_its_own_words() -> None:
    assert name("file_imported") == "File imported"
    assert name("something_new") == "Something new"
    assert name("") == ""


@given(details=st.dictionaries(st.text(), VALUES, max_size=6))
def test_any_details_can_be_said(details: dict[str, object]) -> None:
    assert len(told(details)) <= LONGEST
