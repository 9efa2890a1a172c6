"""When two merchant ids mean the same seller."""

import pytest

from dashboard.merchants import same_merchant


@pytest.mark.parametrize(
    ("ads", "selling_partner"),
    [
        ("A1OURS", "A1OURS"),
        ("ENTITY1OURS", "A1OURS"),
        ("ENTITYA1OURS", "A1OURS"),
        (" entity1ours ", "A1OURS"),
        ("ENTITY1OURS", "ENTITY1OURS"),
    ],
)
def test_one_seller_is_recognized_in_every_writing(ads: str, selling_partner: str) -> None:
    assert same_merchant(ads, selling_partner)
    assert same_merchant(selling_partner, ads)


@pytest.mark.parametrize(
    ("ads", "selling_partner"),
    [
        ("A1OURS", "A2THEIRS"),
        ("ENTITY1OURS", "A1OUR"),
        ("ENTITY1OURS", "ENTITYA1OURS"),
        ("A1OURS", "1OURS"),
        ("ENTITY", "A"),
        ("ENTITYA", "A"),
        ("ENTITY", ""),
        ("", ""),
        (" ", ""),
        ("A", ""),
    ],
)
def test_two_sellers_are_kept_apart(ads: str, selling_partner: str) -> None:
    assert not same_merchant(ads, selling_partner)
    assert not same_merchant(selling_partner, ads)
