"""What Meta refuses in the body of a message, as far as its pages tell.

The one rule: a body that passes here must be one that the real Cloud API would take.
"""

import re
from collections.abc import Iterable

from web.simulator.cloud_api.world import Json

_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()\-.]{3,24}")
_PLACEHOLDER = re.compile(r"\{\{\s*\w+\s*\}\}")
_MEDIA = ("image", "audio", "video", "document", "sticker")
TYPES = (*_MEDIA, "text", "interactive", "template", "location", "contacts", "reaction")


class Refused(Exception):
    """The body is refused with this code."""

    def __init__(self, code: int, details: str, *, subcode: int | None = None, http: int = 400) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.subcode = subcode
        self.http = http


def check_message(body: Json) -> None:
    """Check the body of a message, address included. Raise Refused."""
    if not isinstance(body, dict):
        raise Refused(100, "Invalid parameter: the body is no JSON object")
    if body.get("messaging_product") != "whatsapp":
        raise Refused(100, "The parameter messaging_product is required.")
    if body.get("status") == "read":
        _demand(body, "message_id")
        return
    _check_address(body)
    if body.get("recipient_type", "individual") != "individual":
        raise Refused(100, "Param recipient_type must be one of {individual}")
    callback_data = body.get("biz_opaque_callback_data")
    if callback_data is not None and not (isinstance(callback_data, str) and len(callback_data) <= 512):
        raise Refused(100, "Param biz_opaque_callback_data must be at most 512 characters long.")
    kind = body.get("type", "text")
    if kind not in TYPES:
        raise Refused(100, f"Param type must be one of {{{', '.join(TYPES)}}}")
    part = body.get(kind)
    if part is None:
        raise Refused(131008, f"Required parameter is missing: {kind}")
    if kind == "contacts":
        if not isinstance(part, list) or not part or not all(isinstance(card, dict) for card in part):
            raise Refused(131009, "Parameter value is not valid: contacts must be a list of objects")
        for card in part:
            _demand(_object(card, "name"), "formatted_name")
        return
    if not isinstance(part, dict):
        raise Refused(131009, f"Parameter value is not valid: {kind}")
    _CHECKS.get(kind, _check_media)(part)


def check_template(template: dict[str, Json], known: Iterable[dict[str, Json]]) -> None:
    """Check a template message against the templates of its account. Raise Refused."""
    code = template["language"]["code"]
    found = [item for item in known if item.get("name") == template["name"] and item.get("language") == code]
    if not found:
        raise Refused(132001, "Template name does not exist in the translation", http=404)
    if found[0].get("status") == "PAUSED":
        raise Refused(132015, "Template is paused due to low quality")
    if found[0].get("status", "APPROVED") != "APPROVED":
        raise Refused(132001, "Template is not approved", http=404)
    wanted = sum(
        len(set(_PLACEHOLDER.findall(str(component.get("text", "")))))
        for component in found[0].get("components", [])
        if str(component.get("type", "")).lower() == "body"
    )
    given = sum(
        len(component.get("parameters", []))
        for component in template.get("components", [])
        if str(component.get("type", "")).lower() == "body"
    )
    if wanted != given:
        raise Refused(132000, f"Number of parameters does not match: expected {wanted}, got {given}")


def _check_address(body: dict[str, Json]) -> None:
    to, recipient = body.get("to"), body.get("recipient")
    if to:
        if not isinstance(to, str) or not _NUMBER.fullmatch(to):
            raise Refused(131009, "Parameter value is not valid: to")
    elif not recipient:
        raise Refused(100, "The parameter to is required.")
    elif not isinstance(recipient, str) or not _BSUID.fullmatch(recipient):
        raise Refused(131009, "Parameter value is not valid: recipient")


def _check_text(text: dict[str, Json]) -> None:
    _demand(text, "body")
    if len(text["body"]) > 4096:
        raise Refused(100, "Param text['body'] must be at most 4096 characters long.")
    if not isinstance(text.get("preview_url", False), bool):
        raise Refused(100, "Param text['preview_url'] must be a boolean")


def _check_media(media: dict[str, Json]) -> None:
    if not media.get("id") and not media.get("link"):
        raise Refused(131008, "Required parameter is missing: id or link")
    if media.get("link") and not str(media["link"]).startswith(("http://", "https://")):
        raise Refused(131009, "Parameter value is not valid: link")
    _bounded(media, "caption", 1024, least=0)


def _check_interactive(interactive: dict[str, Json]) -> None:
    kind = interactive.get("type")
    if kind not in _INTERACTIVE:
        raise Refused(131009, "Parameter value is not valid: interactive['type']")
    text = _object(interactive, "body")
    _demand(text, "text")
    _bounded(text, "text", 4096 if kind == "list" else 1024)
    if interactive.get("footer") is not None:
        _bounded(_object(interactive, "footer"), "text", 60)
    header = interactive.get("header")
    if header is not None:
        header = _object(interactive, "header")
        if header.get("type") == "text":
            _bounded(header, "text", 60)
    _INTERACTIVE[kind](_object(interactive, "action"))


def _check_buttons(action: dict[str, Json]) -> None:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(131009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    replies = []
    for button in buttons:
        if not isinstance(button, dict) or button.get("type") != "reply":
            raise Refused(131009, "Parameter value is not valid: button type")
        reply = _object(button, "reply")
        _bounded(reply, "id", 256)
        _bounded(reply, "title", 20)
        replies.append(reply)
    _distinct(replies, "id")
    _distinct(replies, "title")


def _check_list(action: dict[str, Json]) -> None:
    _bounded(action, "button", 20)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise Refused(131009, "Invalid sections count")
    rows = []
    for section in sections:
        if not isinstance(section, dict) or not isinstance(section.get("rows"), list) or not section["rows"]:
            raise Refused(131009, "Parameter value is not valid: section without rows")
        if len(sections) > 1 or section.get("title") is not None:
            _bounded(section, "title", 24)
        rows += section["rows"]
    if len(rows) > 10:
        raise Refused(131009, "Total row count exceed max allowed count: 10")
    for row in rows:
        if not isinstance(row, dict):
            raise Refused(131009, "Parameter value is not valid: row")
        _bounded(row, "id", 200)
        _bounded(row, "title", 24)
        _bounded(row, "description", 72, least=0)
    _distinct(rows, "id")


def _check_link(action: dict[str, Json]) -> None:
    if action.get("name") != "cta_url":
        raise Refused(131009, "Parameter value is not valid: action['name']")
    parameters = _object(action, "parameters")
    _bounded(parameters, "display_text", 20)
    _demand(parameters, "url")
    if not str(parameters["url"]).startswith(("http://", "https://")):
        raise Refused(131009, "Parameter value is not valid: url")


def _check_action_name(action: dict[str, Json]) -> None:
    _demand(action, "name")


def _check_template(template: dict[str, Json]) -> None:
    _demand(template, "name")
    _demand(_object(template, "language"), "code")
    components = template.get("components", [])
    if not isinstance(components, list) or not all(isinstance(component, dict) for component in components):
        raise Refused(131009, "Parameter value is not valid: components")


def _check_location(location: dict[str, Json]) -> None:
    for name in ("latitude", "longitude"):
        try:
            float(location[name])
        except (KeyError, TypeError):
            raise Refused(131008, f"Required parameter is missing: {name}") from None
        except ValueError:
            raise Refused(131009, f"Parameter value is not valid: {name}") from None


def _check_reaction(reaction: dict[str, Json]) -> None:
    _demand(reaction, "message_id")
    if not isinstance(reaction.get("emoji"), str):
        raise Refused(131008, "Required parameter is missing: emoji")


_CHECKS = {
    "text": _check_text,
    "interactive": _check_interactive,
    "template": _check_template,
    "location": _check_location,
    "reaction": _check_reaction,
}
_INTERACTIVE = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "flow": _check_action_name,
    "location_request_message": _check_action_name,
}


def _object(parent: dict[str, Json], name: str) -> dict[str, Json]:
    value = parent.get(name)
    if value is None:
        raise Refused(131008, f"Required parameter is missing: {name}")
    if not isinstance(value, dict):
        raise Refused(131009, f"Parameter value is not valid: {name}")
    return value


def _demand(part: dict[str, Json], name: str) -> None:
    if part.get(name) in (None, ""):
        raise Refused(131008, f"Required parameter is missing: {name}")
    if not isinstance(part[name], str):
        raise Refused(131009, f"Parameter value is not valid: {name}")


def _bounded(part: dict[str, Json], name: str, most: int, *, least: int = 1) -> None:
    value = part.get(name)
    if value is None and least == 0:
        return
    if value is None:
        raise Refused(131008, f"Required parameter is missing: {name}")
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise Refused(131009, f"{name} length invalid. Min length: {least}, Max length: {most}")


def _distinct(parts: list[dict[str, Json]], name: str) -> None:
    values = [part[name] for part in parts]
    if len(set(values)) < len(values):
        raise Refused(131009, f"Duplicated {name}")
