"""Oversight: what was decided and why, and the log of every act."""

from flask_babel import lazy_gettext as _

from tenants.roles import Permission
from web.access import visitor_may
from web.navigation import Area, Link, Section
from web.oversight import log
from web.oversight.views import blueprint

__all__ = ["AREA", "blueprint", "log"]


def _may_enter() -> bool:
    return visitor_may(Permission.SEE_DECISIONS)


AREA = Area(
    name="oversight",
    title=lambda: _("Oversight"),
    endpoint="oversight.decisions",
    icon="shield",
    may_enter=_may_enter,
    sections=[
        Section(links=[Link(title=lambda: _("Decisions"), endpoint="oversight.decisions", icon="diverted")]),
        Section(
            title=lambda: _("Evidence"),
            links=[
                Link(
                    title=lambda: _("Log"),
                    endpoint="oversight.log",
                    icon="tree",
                    may_follow=lambda: visitor_may(Permission.SEE_LOG),
                )
            ],
        ),
    ],
)
