"""The channels by kind: what each can carry and how its webhooks are read.

Senders are not listed here: only delivery may reach them (importlinter.toml, "senders").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.channels import whatsapp
from bot.channels.base import Capabilities, Item
from bot.channels.whatsapp import receive


class UnknownChannel(LookupError):
    """No channel of this kind is installed."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of channel, without its sender."""

    kind: str
    capabilities: Capabilities
    verify: Callable[..., bool]
    handshake: Callable[..., str | None]
    split: Callable[[bytes], list[Item]]


CHANNELS: Mapping[str, Channel] = {
    "whatsapp": Channel(
        kind="whatsapp",
        capabilities=whatsapp.CAPABILITIES,
        verify=receive.verify,
        handshake=receive.handshake,
        split=receive.split,
    ),
}


def channel(kind: str) -> Channel:
    """Find a channel by its kind. Raise UnknownChannel."""
    try:
        return CHANNELS[kind]
    except KeyError:
        raise UnknownChannel(kind) from None
