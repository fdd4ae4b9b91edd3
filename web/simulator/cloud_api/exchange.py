"""What happens between a firm's number and a customer's phone.

The one rule: what was accepted is counted at once, whether or not its answer ever arrives;
`World.accepted` is what a test asks to prove that nothing was sent twice.
"""

import re
import secrets

from web.simulator.cloud_api.checks import Refused, check_message, check_template
from web.simulator.cloud_api.timetable import Timetable
from web.simulator.cloud_api.webhooks import Subscriber
from web.simulator.cloud_api.wire import (
    MEDIA,
    contact_of,
    names_of,
    of_number,
    reply_to_option,
    shown_to_customer,
    status_value,
)
from web.simulator.cloud_api.world import App, File, Json, Message, Number, Phone, World, clock, new_wamid

_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_MIME_TYPES = {
    "image": "image/gif",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}


class NotShown(LookupError):
    """The phone shows no such option."""


class Exchange:
    """Takes messages from both sides and tells the subscribers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.timetable = Timetable()
        self.subscribers: dict[str, Subscriber] = {}

    def subscribe(self, app: App) -> Subscriber:
        """Register an app, or change what is known of it."""
        old = self.subscribers.pop(app.id, None)
        if old is not None:
            old.stop()
        self.world.apps[app.id] = app
        self.subscribers[app.id] = Subscriber(app, self.world, self.timetable)
        return self.subscribers[app.id]

    def clear(self, *, registrations: bool) -> None:
        """Start anew; keep who is registered unless told otherwise."""
        self.timetable.clear()
        for subscriber in self.subscribers.values():
            subscriber.forget()
            if registrations:
                subscriber.stop()
        if registrations:
            self.subscribers.clear()
            self.world.clear()
        else:
            self.world.forget_messages()

    def stop(self) -> None:
        self.timetable.stop()
        for subscriber in self.subscribers.values():
            subscriber.stop()

    def notify(self, number: Number, field: str, value: dict[str, Json]) -> None:
        """Tell the number's subscriber, if it has one."""
        subscriber = self.subscribers.get(number.app)
        if subscriber is not None:
            subscriber.put(number.waba, field, value)

    # From the firm

    def accept(self, number: Number, body: Json) -> dict[str, Json]:
        """Take a message of the firm and answer as Meta does. Raise Refused."""
        if not number.registered:
            raise Refused(133010, "Phone number not registered")
        check_message(body)
        if body.get("status") == "read":
            return self._read(number, body)
        at = clock()
        address = re.sub(r"[^0-9]", "", body["to"]) if body.get("to") else body["recipient"]
        phone = self.world.phone_at(address)
        if phone is None:
            raise Refused(131026, "Message undeliverable: no such user id")
        code = self.world.may_send(number, phone.who, at)
        if code is not None:
            raise Refused(code, "Too many messages", http=429 if code == 130429 else 400)
        kind = body.get("type", "text")
        if kind == "template":
            check_template(body["template"], self.world.templates.get(number.waba, ()))
        is_open = kind == "template" or number.rules.window == "off"
        is_open = is_open or self.world.is_window_open(number, phone.who, at)
        if not is_open and number.rules.window == "answer":
            raise Refused(131047, "More than 24 hours have passed since the customer last replied")
        message = self._deliver(number, phone, body, at)
        failure = None if is_open else 131047
        self._climb(number, phone, message, failure=failure if phone.reachable else 131026)
        known = {"wa_id": phone.phone} if body.get("to") else {"user_id": address}
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": body.get("to") or body["recipient"], **known}],
            "messages": [{"id": message.id} | ({"message_status": "accepted"} if kind == "template" else {})],
        }

    def _read(self, number: Number, body: dict[str, Json]) -> dict[str, Json]:
        message = self.world.messages.get(body["message_id"])
        if message is None or message.number != number.id or message.direction != "inbound":
            raise Refused(100, "Invalid parameter: message_id")
        if not message.statuses or message.statuses[-1][0] != "read":
            self.world.add_status(message, "read", clock())
        if body.get("typing_indicator"):
            with self.world.changed:
                self.world.typing.add((message.who, number.id))
        return {"success": True}

    def _deliver(self, number: Number, phone: Phone, body: dict[str, Json], at: float) -> Message:
        callback = body.get("biz_opaque_callback_data")
        kind = body.get("type", "text")
        message = Message(
            id=new_wamid(),
            seq=0,
            number=number.id,
            who=phone.who,
            direction="outbound",
            kind=kind,
            at=at,
            body=body,
            shown=shown_to_customer(body, kind),
            callback=callback,
        )
        with self.world.changed:
            self.world.add_message(message)
            if callback is not None:
                self.world.accepted[callback] += 1
            self.world.sends.append(
                {"at": at, "number": number.id, "who": phone.who, "id": message.id, "callback": callback, "body": body}
            )
        return message

    def _climb(self, number: Number, phone: Phone, message: Message, *, failure: int | None) -> None:
        rules = number.rules
        if failure is not None:
            self._step(number, phone, message, "failed", rules.sent_seconds, failure=failure)
            return
        self._step(number, phone, message, "sent", rules.sent_seconds)
        self._step(number, phone, message, "delivered", rules.delivered_seconds)
        if rules.read_seconds is not None:
            self._step(number, phone, message, "read", rules.read_seconds)

    def _step(
        self,
        number: Number,
        phone: Phone,
        message: Message,
        status: str,
        seconds: float,
        *,
        failure: int | None = None,
    ) -> None:
        def take() -> None:
            at = clock()
            self.world.add_status(message, status, at)
            if number.statuses:
                value = status_value(number, phone, message, status, at, failure)
                self.notify(number, "messages", value)

        self.timetable.after(seconds, take)

    # From the customer

    def write(self, number: Number, phone: Phone, said: dict[str, Json]) -> Message:
        """Let the customer write to the number. Raise NotShown."""
        if number.rules.era == "v20" and phone.phone is None:
            raise NotShown("payloads of v20 cannot carry a person without a number")
        at = float(said["timestamp"]) if said.get("timestamp") else clock()
        kind = said.get("kind", "text")
        wire, shown = self._said(number, phone, kind, said)
        wire_id = said.get("id") or new_wamid()
        message = Message(
            id=wire_id,
            seq=0,
            number=number.id,
            who=phone.who,
            direction="inbound",
            kind=kind,
            at=at,
            body=wire,
            shown={**shown, "reply_to": said.get("reply_to")},
        )
        if message.id not in self.world.messages:
            self.world.add_message(message)
        context = {"context": {"from": number.display, "id": said["reply_to"]}} if said.get("reply_to") else {}
        names = names_of(number, phone)
        item = {**context, **names, "id": wire_id, "timestamp": str(int(at)), **wire}
        value = {**of_number(number), "contacts": [contact_of(number, phone)], "messages": [item]}
        self.notify(number, "messages", value)
        return message

    def _said(
        self, number: Number, phone: Phone, kind: str, said: dict[str, Json]
    ) -> tuple[dict[str, Json], dict[str, Json]]:
        text = str(said.get("text", ""))
        if kind == "text":
            return {"type": "text", "text": {"body": text}}, {"text": text}
        if kind == "choice":
            return self._choice(number, phone, said)
        if kind in MEDIA:
            return self._file(kind, said, text)
        if kind == "location":
            place = {key: said[key] for key in ("latitude", "longitude", "name", "address") if key in said}
            return {"type": "location", "location": place}, {"text": text}
        if kind == "reaction":
            reaction = {"message_id": said.get("reply_to"), "emoji": said.get("emoji", "")}
            return {"type": "reaction", "reaction": reaction}, {"text": said.get("emoji", "")}
        if kind == "contacts":
            return {"type": "contacts", "contacts": said.get("contacts", [])}, {"text": text}
        if kind == "raw":
            return dict(said["raw"]), {"text": text}
        errors = [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}]
        return {"type": "unsupported", "unsupported": {"type": kind}, "errors": errors}, {"text": text}

    def _choice(self, number: Number, phone: Phone, said: dict[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
        option_id = said.get("option")
        for message in reversed(self.world.threads.get((phone.who, number.id), [])):
            if said.get("reply_to") not in (None, message.id):
                continue
            for option in message.shown.get("options", ()):
                if option["id"] == option_id:
                    said["reply_to"] = message.id
                    return reply_to_option(message, option), {"text": option["title"], "option": option_id}
        raise NotShown("the phone shows no such option")

    def _file(self, kind: str, said: dict[str, Json], text: str) -> tuple[dict[str, Json], dict[str, Json]]:
        file = self.add_file(said.get("mime_type") or _MIME_TYPES[kind], said.get("content", _PIXEL))
        part: dict[str, Json] = {"mime_type": file.mime_type, "sha256": file.sha256, "id": file.id}
        if text:
            part["caption"] = text
        if said.get("filename"):
            part["filename"] = said["filename"]
        if kind == "audio":
            part["voice"] = True
        return {"type": kind, kind: part}, {"text": text, "media": file.id}

    def add_file(self, mime_type: str, content: bytes) -> File:
        """Keep a file under a new id."""
        file = File(str(secrets.randbelow(10**16)), mime_type, content)
        self.world.files[file.id] = file
        return file
