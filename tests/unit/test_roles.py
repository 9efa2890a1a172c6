"""Who may do what: every role with every permission, and with every use case there is."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

from dashboard import actions
from dashboard.errors import NotAllowed
from dashboard.roles import PERMISSIONS, Permission, Role, Staff

MAY = {
    Role.VIEWER: {Permission.VIEW},
    Role.STRATEGIST: {
        Permission.VIEW,
        Permission.EXPORT,
        Permission.RELAUNCH,
        Permission.SYNC,
        Permission.TRIAGE,
        Permission.NOTE,
        Permission.PRACTISE,
    },
    Role.SUPPORT: {
        Permission.VIEW,
        Permission.EXPORT,
        Permission.IMPORT,
        Permission.RELAUNCH,
        Permission.SYNC,
        Permission.TRIAGE,
        Permission.NOTE,
        Permission.PRACTISE,
    },
    Role.MANAGER: {Permission.VIEW, Permission.EXPORT, Permission.NOTE, Permission.PRACTISE},
    Role.ADMIN: set(Permission),
}

NEEDS = {
    "dashboard.actions.administering.check_now": Permission.SYNC,
    "dashboard.actions.administering.pause": Permission.SYNC,
    "dashboard.actions.administering.resume": Permission.SYNC,
    "dashboard.actions.administering.sync_now": Permission.SYNC,
    "dashboard.actions.cases.noting.note": Permission.NOTE,
    "dashboard.actions.cases.sending.send": Permission.RELAUNCH,
    "dashboard.actions.cases.views.delete": Permission.NOTE,
    "dashboard.actions.cases.views.save": Permission.NOTE,
    "dashboard.actions.cases.working.hand_over": Permission.TRIAGE,
    "dashboard.actions.cases.working.snooze": Permission.TRIAGE,
    "dashboard.actions.cases.working.take": Permission.TRIAGE,
    "dashboard.actions.cases.working.undo": Permission.TRIAGE,
    "dashboard.actions.cases.working.wake": Permission.TRIAGE,
    "dashboard.actions.alerting.routes.add": Permission.MANAGE_ALERTS,
    "dashboard.actions.alerting.routes.change": Permission.MANAGE_ALERTS,
    "dashboard.actions.alerting.routes.deactivate": Permission.MANAGE_ALERTS,
    "dashboard.actions.alerting.routes.reactivate": Permission.MANAGE_ALERTS,
    "dashboard.actions.alerting.routes.try_out": Permission.MANAGE_ALERTS,
    "dashboard.actions.alerting.routes.want_digest": Permission.MANAGE_ALERTS,
    "dashboard.actions.connecting.links.add_account": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.add_marketplace": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.invite": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.relaunch": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.renew": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.revoke": Permission.RELAUNCH,
    "dashboard.actions.connecting.links.send": Permission.RELAUNCH,
    "dashboard.actions.exports.export": Permission.EXPORT,
    "dashboard.actions.imports.apply.preview": Permission.IMPORT,
    "dashboard.actions.imports.apply.run": Permission.IMPORT,
    "dashboard.actions.requests.ask": Permission.SYNC,
    "dashboard.actions.rotation.rotate": Permission.MANAGE_KEYS,
    "dashboard.actions.practice.behave": Permission.PRACTISE,
    "dashboard.actions.practice.reset": Permission.PRACTISE,
    "dashboard.actions.practice.revoke": Permission.PRACTISE,
    "dashboard.actions.staff.add": Permission.MANAGE_STAFF,
    "dashboard.actions.staff.change_role": Permission.MANAGE_STAFF,
    "dashboard.actions.staff.deactivate": Permission.MANAGE_STAFF,
    "dashboard.actions.staff.reactivate": Permission.MANAGE_STAFF,
}
"""What each use case asks for. A new one belongs in here, or the walk below fails."""


def member(role: Role) -> Staff:
    return Staff(id=1, email="ana@northwind.example", name="Ana", role=role)


def use_cases() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of ``actions`` that acts on behalf of a member of staff."""
    for found in walk_packages(actions.__path__, "dashboard.actions."):
        module = import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != found.name:
                continue
            parameters = [*inspect.signature(function).parameters.values()]
            if parameters and parameters[0].annotation in (Staff, "Staff"):
                yield f"{found.name}.{name}", function


USE_CASES = dict(use_cases())


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    role: Role, permission: Permission
) -> None:
    staff = member(role)
    assert staff.can(permission) is (permission in MAY[role])
    if permission in MAY[role]:
        staff.require(permission)
        return
    with pytest.raises(NotAllowed) as refusal:
        staff.require(permission)
    assert all(able in str(refusal.value) for able in PERMISSIONS[permission])


def test_every_use_case_is_known_to_this_test() -> None:
    assert set(USE_CASES) == set(NEEDS)


@pytest.mark.parametrize(
    ("name", "role"),
    [(name, role) for name, needed in NEEDS.items() for role in Role if needed not in MAY[role]],
)
def test_a_use_case_refuses_a_role_without_its_permission_before_anything_else(
    name: str, role: Role
) -> None:
    """There is no database here and the arguments are of no use: refusing must need neither."""
    function = USE_CASES[name]
    parameters = list(inspect.signature(function).parameters.values())[1:]
    asked = {each.name: object() for each in parameters if each.default is each.empty}
    with pytest.raises(NotAllowed):
        _run(function(member(role), **asked))


def _run(answer: Any) -> None:
    """Begin what only begins when it is used: a generator, or the block of a ``with``."""
    if inspect.isgenerator(answer):
        next(answer)
    elif hasattr(answer, "__enter__"):
        answer.__enter__()
