"""Who acts for which organisation, right now.

The acting context is the only way by which code below the surfaces knows whose data it
may touch; nothing takes an organisation as an argument that it could take from here.
"""

import uuid
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["person", "customer", "system", "operator"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person at a desk, a customer, a part of the system, the operator."""

    kind: ActorKind
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Acting:
    """One act: compared by identity, since each has a session and a transaction of its own."""

    organisation_id: uuid.UUID | None
    """None while acting for the platform itself, which owns no tenant's data."""
    actor: Actor


class NoTenant(RuntimeError):
    """Tenant data was asked for outside `acting_as`."""


class TenantChanged(RuntimeError):
    """Inside an act for one organisation another one was to begin."""


_acting: ContextVar[Acting | None] = ContextVar("guichet_acting", default=None)


def current() -> Acting:
    """Return the act under way. Raise NoTenant outside one."""
    acting = _acting.get()
    if acting is None:
        raise NoTenant("no act is under way: use acting_as or as_platform")
    return acting


def current_organisation() -> uuid.UUID:
    """Return the acting organisation's id. Raise NoTenant when acting for none."""
    organisation_id = current().organisation_id
    if organisation_id is None:
        raise NoTenant("the platform acts here, and it owns no tenant's data")
    return organisation_id


def scope() -> int:
    """What sessions are kept apart by: the act; 0 outside one, where a session refuses to begin."""
    return id(_acting.get()) if _acting.get() is not None else 0


def enter(acting: Acting) -> Token[Acting | None]:
    """Begin an act. Raise TenantChanged inside another one: acts do not nest."""
    if _acting.get() is not None:
        raise TenantChanged("an act is under way already; end it before the next begins")
    return _acting.set(acting)


def leave(token: Token[Acting | None]) -> None:
    """End the act that `enter` began."""
    _acting.reset(token)
