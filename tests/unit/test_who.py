"""Roles that a sign-in names."""

import pytest

from dashboard.roles import Role
from dashboard.ui.who import claimed_role, is_loopback


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


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_all_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "10.0.0.1",
        "::",
        "::ffff:10.0.0.1",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
    ],
)
def test_other_machines_are_not_taken_for_this_one(host: str) -> None:
    assert not is_loopback(host)
