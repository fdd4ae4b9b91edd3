"""Roles and what each may do: one table, and nothing else decides it."""

import enum


class Role(enum.StrEnum):
    """What a person is in an organisation."""

    ADMIN = "admin"
    AGENT = "agent"
    OFFICER = "officer"


class Permission(enum.StrEnum):
    """One thing that somebody may do."""

    SEE_CONVERSATIONS = "see conversations"
    SEE_CONTENT = "see content"
    """Text that was not recognised as sensitive; what was masked stays masked."""
    SEE_MASKED = "see masked content"
    ANSWER_TICKETS = "answer tickets"
    SEE_DECISIONS = "see decisions"
    RELEASE_HELD = "release held messages"
    SEE_LOG = "see the log"
    CONFIGURE = "configure"


MAY: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset({Permission.SEE_CONVERSATIONS, Permission.SEE_DECISIONS, Permission.CONFIGURE}),
    Role.AGENT: frozenset({Permission.SEE_CONVERSATIONS, Permission.SEE_CONTENT, Permission.ANSWER_TICKETS}),
    Role.OFFICER: frozenset(
        {
            Permission.SEE_CONVERSATIONS,
            Permission.SEE_CONTENT,
            Permission.SEE_MASKED,
            Permission.SEE_DECISIONS,
            Permission.RELEASE_HELD,
            Permission.SEE_LOG,
        }
    ),
}


class NotAllowed(PermissionError):
    """The role does not have the permission."""


def may(role: Role, permission: Permission) -> bool:
    """Tell whether a role has a permission."""
    return permission in MAY[role]


def check_may(role: Role, permission: Permission) -> None:
    """Raise NotAllowed unless the role has the permission."""
    if not may(role, permission):
        raise NotAllowed(f"{role.value} may not {permission.value}")
