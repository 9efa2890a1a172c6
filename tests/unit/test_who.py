"""Roles that a sign-in names."""

import pytest

from dashboard.roles import Role
from dashboard.ui.who import claimed_role


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        ("support", Role.SUPPORT),
        (" Support ", Role.SUPPORT),
        (["everyone", "viewer", "manager"], Role.MANAGER),
        (("admin",), Role.ADMIN),
        ([], None),
        (None, None),
        ("", None),
        ("administrator", None),
        (["switchboard-admin"], None),
        ({"admin": True}, None),
        (4711, None),
        ([None, 1, ["admin"]], None),
    ],
)
def test_the_strongest_role_a_claim_names_is_taken_and_nothing_else(
    claim: object, role: Role | None
) -> None:
    assert claimed_role(claim) is role
