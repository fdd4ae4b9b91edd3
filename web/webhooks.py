"""Webhooks: proven, stored, answered. Nothing else happens before the answer.

Meta asks for a median of 250 ms and retries for seven days whatever is not answered 200.
"""

from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response, abort, request

from bot import channels
from bot.channels import routes
from bot.channels.whatsapp.receive import BrokenBody
from bot.conversation.receive import WEBHOOK, WrongSignature, receive
from tenants.database import as_platform

FOR_MACHINES = True
blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
log = structlog.get_logger(__name__)


@blueprint.get("/<app>")
def shake_hands(app: str) -> Response:
    """Answer the provider's subscription request."""
    with as_platform(WEBHOOK):
        try:
            opened = routes.app(app)
        except routes.NoApp:
            abort(404)
        challenge = channels.channel(opened.kind).handshake(args=request.args, verify_token=opened.verify_token)
    if challenge is None:
        abort(403)
    return Response(challenge, mimetype="text/plain")


@blueprint.post("/<app>")
def take_in(app: str) -> Response:
    """Take in what the provider reports."""
    raw = request.get_data(cache=False)
    try:
        receive(app=app, raw=raw, signature=request.headers.get("X-Hub-Signature-256"), now=datetime.now(UTC))
    except routes.NoApp:
        abort(404)
    except WrongSignature:
        log.warning("webhook with a wrong signature")
        abort(403)
    except BrokenBody:
        log.warning("webhook with a broken body")
        abort(400)
    return Response(status=200)
