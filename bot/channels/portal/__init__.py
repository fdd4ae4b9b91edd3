"""The firm's own portal: a protected channel. What is said there is read there, by who signed in."""

from bot.channels.base import Capabilities

CAPABILITIES = Capabilities(
    buttons=10,
    button_title_characters=80,
    list_rows=50,
    row_title_characters=80,
    row_description_characters=200,
    text_characters=16_384,
    interactive_text_characters=16_384,
    links=True,
    media=False,
    receipts=False,
    protected=True,
    service_window_hours=None,
)
