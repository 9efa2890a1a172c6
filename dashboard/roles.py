"""Who may do what: one table of permission x role, used by actions and pages alike."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dashboard.errors import NotAllowed


class Role(StrEnum):
    """What a member of staff is here to do; each person has one."""

    VIEWER = "viewer"
    STRATEGIST = "strategist"
    SUPPORT = "support"
    MANAGER = "manager"
    ADMIN = "admin"


class Permission(StrEnum):
    """Something a role may do, worded to follow "may not"."""

    VIEW = "look at accounts"
    EXPORT = "export accounts"
    IMPORT = "import accounts"
    RELAUNCH = "relaunch connections"
    SYNC = "start or pause syncs"
    TRIAGE = "work on cases"
    NOTE = "write notes on cases"
    PRACTISE = "set up practice"
    MANAGE_STAFF = "change who is staff"
    MANAGE_ALERTS = "change who is alerted"
    MANAGE_KEYS = "change the vault's keys"


PERMISSIONS: Final = MappingProxyType(
    {
        Permission.VIEW: frozenset(Role),
        Permission.EXPORT: frozenset({Role.STRATEGIST, Role.SUPPORT, Role.MANAGER, Role.ADMIN}),
        Permission.IMPORT: frozenset({Role.SUPPORT, Role.ADMIN}),
        Permission.RELAUNCH: frozenset({Role.STRATEGIST, Role.SUPPORT, Role.ADMIN}),
        Permission.SYNC: frozenset({Role.STRATEGIST, Role.SUPPORT, Role.ADMIN}),
        Permission.TRIAGE: frozenset({Role.STRATEGIST, Role.SUPPORT, Role.ADMIN}),
        Permission.NOTE: frozenset(Role) - {Role.VIEWER},
        Permission.PRACTISE: frozenset(Role) - {Role.VIEWER},
        Permission.MANAGE_STAFF: frozenset({Role.ADMIN}),
        Permission.MANAGE_ALERTS: frozenset({Role.ADMIN}),
        Permission.MANAGE_KEYS: frozenset({Role.ADMIN}),
    }
)


@dataclass(frozen=True, slots=True)
class Staff:
    """The person (or the command line) on whose behalf something is done.

    ``id`` is the row of the staff table, or ``None`` for the command line and the demo operator.
    """

    id: int | None
    email: str
    name: str
    role: Role

    @property
    def key(self) -> str:
        """What tells this person from others where they own something: the address, or the name."""
        return self.email or self.name

    def can(self, permission: Permission) -> bool:
        """Whether this person's role permits it."""
        return self.role in PERMISSIONS[permission]

    def require(self, permission: Permission) -> None:
        """Let through only those whose role permits it.

        Raises:
            NotAllowed: the role does not; the sentence names the roles that do.
        """
        if not self.can(permission):
            able = ", ".join(role for role in Role if role in PERMISSIONS[permission])
            raise NotAllowed(
                f"A {self.role} may not {permission}: ask someone with one of these roles: {able}."
            )


COMMAND_LINE: Final = Staff(id=None, email="", name="Command line", role=Role.ADMIN)
"""Who acts when a command is run on the server: whoever can run it already holds the database."""
CUSTOMER: Final = Staff(id=None, email="", name="Customer", role=Role.VIEWER)
"""Who acts when a customer walks a link: the link, not a role, says what they may do."""
SWITCHBOARD: Final = Staff(id=None, email="", name="Switchboard", role=Role.VIEWER)
"""Who acts when nobody does: the background work."""
