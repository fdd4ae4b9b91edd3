"""The portal: where customers sign in, read what was kept for them, and go on."""

from web.portal.views import blueprint

__all__ = ["blueprint"]
