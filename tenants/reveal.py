"""Reading a secret. Only channels, connectors and sign-in may import this module."""

import sqlalchemy as sa

from tenants import keys
from tenants.database import db
from tenants.secrets import Secret


class NoSecret(LookupError):
    """No secret has this name."""


def reveal(name: str) -> str:
    """Return a secret of the acting organisation. Raise NoSecret."""
    sealed = db.session.scalar(sa.select(Secret.sealed).where(Secret.name == name))
    if sealed is None:
        raise NoSecret(name)
    return keys.unseal(sealed, place=f"secret:{name}").decode()
