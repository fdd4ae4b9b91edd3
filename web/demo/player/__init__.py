"""The player: it plays every scripted conversation and tells whether the program does what they say."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click
from flask import Flask, current_app

from tenants import organisations
from tenants.database import as_platform
from web.demo.examples import Example
from web.demo.player.play import Played, play
from web.demo.player.record import PLAYER
from web.demo.player.report import print_conversation
from web.demo.player.script import Script, read_script
from web.demo.town import Town

__all__ = ["fresh_number", "play_all", "sum_up"]


def play_all(place: Town) -> int:
    """Play all conversations, each firm's in turn; return the exit status. Called within the program's context."""
    program: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    run = int(time.time())
    printing = threading.Lock()

    def play_firm(example: Example) -> list[list[Played]]:
        with program.app_context():
            return [_play(read_script(one, firm=example.slug), place, run, printing) for one in example.conversations]

    with ThreadPoolExecutor(max_workers=len(place.examples)) as firms:
        conversations = [steps for played in firms.map(play_firm, place.examples) for steps in played]
    return sum_up(conversations)


def sum_up(conversations: Sequence[Sequence[Played]]) -> int:
    """Print the last line; return the exit status: whether anything was different."""
    messages = sum(len(played.messages) for steps in conversations for played in steps)
    wrong = sum(any(played.wrong for played in steps) for steps in conversations)
    click.echo(f"{len(conversations)} conversations, {messages} messages, {wrong} wrong")
    return 1 if wrong else 0


def fresh_number(number: str, *, run: int) -> str:
    """A telephone number that nobody had in another run: of the same country, in E.164's fifteen digits."""
    return f"{number[:2]}{run:010d}{number[-3:]}"


def _play(script: Script, place: Town, run: int, printing: threading.Lock) -> list[Played]:
    with as_platform(PLAYER):
        organisation_id = organisations.find(script.firm).id
    phone = fresh_number(script.phone, run=run)
    steps = list(play(script, place=place, organisation_id=organisation_id, phone=phone))
    with printing:
        print_conversation(script, steps)
    return steps
