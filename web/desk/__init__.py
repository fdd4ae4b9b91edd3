"""The desk: people take tickets and answer, by the same gate as the bot."""

from flask_babel import lazy_gettext as _

from tenants.roles import Permission
from web.access import visitor_may
from web.desk.views import blueprint
from web.navigation import Area

__all__ = ["AREA", "blueprint"]


def _may_enter() -> bool:
    return visitor_may(Permission.ANSWER_TICKETS) or visitor_may(Permission.RELEASE_HELD)


AREA = Area(name="desk", title=lambda: _("Desk"), endpoint="desk.queue", icon="chat", may_enter=_may_enter)
