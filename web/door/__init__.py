"""The door: where people of an organisation sign in, with a password or with their firm's own sign-in."""

from web.door import firm
from web.door.views import blueprint

__all__ = ["blueprint", "firm"]
