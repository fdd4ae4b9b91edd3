"""The console: what needs attention, the conversations, what was not understood."""

from flask_babel import lazy_gettext as _

from tenants.roles import Permission
from web.access import visitor_may
from web.console.views import blueprint
from web.navigation import Area, Link, Section

__all__ = ["AREA", "blueprint"]


def _sees() -> bool:
    return visitor_may(Permission.SEE_CONVERSATIONS)


AREA = Area(
    name="console",
    title=lambda: _("Console"),
    endpoint="console.overview",
    icon="home",
    may_enter=_sees,
    sections=[
        Section(
            links=[
                Link(title=lambda: _("Overview"), endpoint="console.overview", icon="home"),
                Link(title=lambda: _("Conversations"), endpoint="console.conversations", icon="chat"),
                Link(title=lambda: _("Set aside"), endpoint="console.events", icon="list"),
            ]
        )
    ],
)
