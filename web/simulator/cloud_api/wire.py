"""The shapes of Meta's webhooks, by era, and what a phone shows of a message of the firm.

The one rule: user ids (`user_id`, `from_user_id`) are there from v23 on and never before.
"""

from web.simulator.cloud_api.world import Json, Message, Number, Phone

MEDIA = ("image", "audio", "video", "document", "sticker")


def of_number(number: Number) -> dict[str, Json]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.display, "phone_number_id": number.id},
    }


def _knows_user_ids(number: Number) -> bool:
    return int(number.rules.era.lstrip("v").split(".")[0]) >= 23


def names_of(number: Number, phone: Phone) -> dict[str, Json]:
    names = {"from": phone.phone}
    if _knows_user_ids(number):
        names |= {"from_user_id": phone.bsuid, "from_parent_user_id": phone.parent_bsuid}
    return {key: value for key, value in names.items() if value}


def contact_of(number: Number, phone: Phone) -> dict[str, Json]:
    contact: dict[str, Json] = {"profile": {"name": phone.name or phone.who}, "wa_id": phone.phone}
    if _knows_user_ids(number):
        contact |= {"user_id": phone.bsuid, "parent_user_id": phone.parent_bsuid}
        if phone.username:
            contact["profile"]["username"] = phone.username
    return {key: value for key, value in contact.items() if value}


def status_value(
    number: Number, phone: Phone, message: Message, status: str, at: float, failure: int | None
) -> dict[str, Json]:
    item: dict[str, Json] = {"id": message.id, "status": status, "timestamp": str(int(at))}
    if phone.phone:
        item["recipient_id"] = phone.phone
    if _knows_user_ids(number) and phone.bsuid:
        item["recipient_user_id"] = phone.bsuid
    if message.callback is not None:
        item["biz_opaque_callback_data"] = message.callback
    # Meta says what a message costs on "sent" and on one later status.
    if status in ("sent", "delivered"):
        item |= _pricing(number, message)
    if failure is not None:
        title = "Message undeliverable" if failure == 131026 else "Re-engagement message"
        item["errors"] = [{"code": failure, "title": title, "message": title, "error_data": {"details": title}}]
    contacts = {"contacts": [contact_of(number, phone)]} if _knows_user_ids(number) else {}
    return {**of_number(number), **contacts, "statuses": [item]}


def _pricing(number: Number, message: Message) -> dict[str, Json]:
    category = "utility" if message.kind == "template" else "service"
    if number.rules.era == "v20":
        conversation = {"id": message.id[-32:], "origin": {"type": category}}
        return {
            "conversation": conversation,
            "pricing": {"billable": True, "pricing_model": "CBP", "category": category},
        }
    kind = "regular" if category == "utility" else "free_customer_service"
    pricing = {"billable": category == "utility", "pricing_model": "PMP", "type": kind, "category": category}
    return {"pricing": pricing}


def reply_to_option(message: Message, option: dict[str, Json]) -> dict[str, Json]:
    if message.kind == "template":
        return {"type": "button", "button": {"payload": option["id"], "text": option["title"]}}
    reply = {key: option[key] for key in ("id", "title", "description") if option.get(key)}
    kind = "list_reply" if message.shown.get("button") else "button_reply"
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}


def shown_to_customer(body: dict[str, Json], kind: str) -> dict[str, Json]:
    """Describe what the phone shows of a message of the firm."""
    part = body.get(kind)
    shown: dict[str, Json] = {"text": "", "options": [], "reply_to": (body.get("context") or {}).get("message_id")}
    if kind == "text":
        shown["text"] = body["text"]["body"]
    elif kind == "interactive":
        shown |= _shown_interactive(body["interactive"])
    elif kind == "template":
        shown |= _shown_template(body["template"])
    elif kind in MEDIA:
        shown |= {"text": body[kind].get("caption", ""), "media": body[kind].get("id"), "url": body[kind].get("link")}
    elif kind == "reaction":
        shown |= {"text": body["reaction"]["emoji"], "reply_to": body["reaction"]["message_id"]}
    else:
        shown["part"] = part
    return shown


def _shown_interactive(interactive: dict[str, Json]) -> dict[str, Json]:
    action = interactive.get("action", {})
    options = [button["reply"] for button in action.get("buttons", [])]
    options += [row for section in action.get("sections", []) for row in section["rows"]]
    parameters = action.get("parameters", {})
    return {
        "text": interactive["body"]["text"],
        "header": (interactive.get("header") or {}).get("text"),
        "footer": (interactive.get("footer") or {}).get("text"),
        "options": [dict(option) for option in options],
        "button": action.get("button") or parameters.get("display_text"),
        "url": parameters.get("url"),
    }


def _shown_template(template: dict[str, Json]) -> dict[str, Json]:
    words, options = [template["name"]], []
    for component in template.get("components", []):
        for parameter in component.get("parameters", []):
            if parameter.get("type") == "payload":
                options.append({"id": parameter["payload"], "title": parameter["payload"]})
            elif "text" in parameter:
                words.append(str(parameter["text"]))
    return {"text": " · ".join(words), "options": options}
