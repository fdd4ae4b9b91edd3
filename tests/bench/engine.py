"""Node steps a second of the pure engine, and how long a flow of 1,000 nodes takes to check.

Run: `.venv/bin/python -m tests.bench.engine`.
"""

import itertools
import time
from datetime import UTC, datetime

from bot.engine import begin, resume
from bot.events import Answered, Received, Started
from bot.flows import compiled
from bot.flows.definition import load
from bot.flows.operations import Connector
from bot.flows.problems import check

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SESSIONS = 3_000

FLOW = """
flow: bench
languages: [en]
start: hello
nodes:
  hello: {say: {text: "Hello {{ contact.given_name }}"}, next: which}
  which: {choose: {prompt: What?, options: [{id: find, label: Find a firm}, {id: human, label: A person}]},
          routes: {find: name, human: desk}, otherwise: desk}
  name: {ask: {text: Which firm?, into: asked}, next: count}
  count: {set: {letters: size(asked)}, next: long}
  long: {decide: {cases: [{when: letters > 60, next: desk}, {when: "asked == ''", next: desk}]}, otherwise: look}
  look: {call: {operation: register.search, with: {name: asked}, into: found}, next: any, error: desk}
  any: {decide: {cases: [{when: size(found.candidates) == 0, next: none}]}, otherwise: tell}
  none: {say: {text: "Nothing is called {{ asked }}"}, next: bye}
  tell: {say: {text: "{{ found.candidates[0].name }} is registered"}, next: bye}
  desk: {handoff: {queue: desk}}
  bye: {end: {}}
"""
REGISTER = {
    "connector": "register",
    "base_url": "http://localhost",
    "operations": {
        "search": {
            "path": "/register",
            "query": {"name": {}},
            "result": {"candidates": {"type": "list", "items": {"id": {}, "name": {}}}},
        }
    },
}
STEPS_A_SESSION = 9


def main() -> None:
    """Print the figures."""
    operations = Connector.model_validate(REGISTER).named
    flow = compiled.compile(load(FLOW), operations)
    numbers = itertools.count()
    answer = {"candidates": [{"id": "1", "name": "Example Ltd"}]}
    began = time.perf_counter()
    for _ in range(SESSIONS):
        session = begin(flow=flow, language="en", channel="whatsapp", contact={"given_name": "Ana"})
        for event in (Started("hi"), Received("find a firm"), Received("Example")):
            sprint = resume(flow=flow, session=session, event=event, now=NOW, ids=lambda: str(next(numbers)))
            session = sprint.session
        answered = Answered(session.call or "", answer)
        sprint = resume(flow=flow, session=session, event=answered, now=NOW, ids=lambda: str(next(numbers)))
        assert sprint.session.is_ended, sprint
    seconds = time.perf_counter() - began
    print(f"engine: {SESSIONS * STEPS_A_SESSION / seconds:,.0f} node steps/s (aim 20,000)")
    large = "flow: large\nstart: n0\nnodes:\n" + "".join(
        f'  n{i}: {{ask: {{text: "Say {{{{ a{i} }}}}", into: a{i}}}, next: n{(i + 1) % 1000}}}\n' for i in range(1_000)
    )
    loaded = load(large)
    began = time.perf_counter()
    check(loaded, {})
    print(f"check of 1,000 nodes: {(time.perf_counter() - began) * 1000:,.0f} ms (aim 200)")
    began = time.perf_counter()
    check(loaded, {})
    print(f"the same again: {(time.perf_counter() - began) * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
