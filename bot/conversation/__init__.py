"""A conversation: what came in, the turns that were taken, and where it goes on."""

from bot.conversation.answer import answer, close_ticket, decide, release
from bot.conversation.portal import ForSomebodyElse, arrive, confirmation, write_on_portal
from bot.conversation.receive import receive
from bot.conversation.thread import Entry, thread
from bot.conversation.turn import turn

__all__ = [
    "Entry",
    "ForSomebodyElse",
    "answer",
    "arrive",
    "close_ticket",
    "confirmation",
    "decide",
    "receive",
    "release",
    "thread",
    "turn",
    "write_on_portal",
]
