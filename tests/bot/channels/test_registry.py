"""The registry finds each channel."""

import pytest

from bot import channels


def test_whatsapp_is_there_and_is_not_protected() -> None:
    whatsapp = channels.channel("whatsapp")
    assert whatsapp.capabilities.buttons == 3
    assert whatsapp.capabilities.receipts
    assert not whatsapp.capabilities.protected


def test_an_unknown_channel_is_named() -> None:
    with pytest.raises(channels.UnknownChannel):
        channels.channel("carrier pigeon")
