"""WhatsApp through Meta's Cloud API, or through whoever speaks like it."""

from dataclasses import dataclass

from bot.channels.base import Capabilities

CAPABILITIES = Capabilities(
    buttons=3,
    button_title_characters=20,
    list_rows=10,
    row_title_characters=24,
    row_description_characters=72,
    text_characters=4096,
    interactive_text_characters=1024,
    links=True,
    media=True,
    receipts=True,
    protected=False,
    service_window_hours=24,
)


@dataclass(frozen=True, slots=True)
class Number:
    """The firm's own number: where to send from, and the name of the secret that opens it."""

    phone_number_id: str
    secret: str
    base_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    timeout_seconds: float = 10.0

    @property
    def messages_url(self) -> str:
        return f"{self.base_url.rstrip('/')}/{self.version}/{self.phone_number_id}/messages"
