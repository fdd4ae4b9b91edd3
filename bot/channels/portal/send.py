"""Sending on the portal: nothing leaves the house; the message is at its place once it is cleared."""

from bot.channels.base import Receipt
from compliance.gate import Cleared, check_is_genuine


def send(message: Cleared) -> Receipt:
    """Accept the message: the portal shows what is accepted."""
    check_is_genuine(message)
    return Receipt(external_id=f"portal:{message.outbound_id}", status="accepted")
