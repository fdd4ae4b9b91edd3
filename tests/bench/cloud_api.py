"""Measure the stand-in of the Cloud API: it must not be what limits a benchmark.

    .venv/bin/python -m tests.bench.cloud_api [--seconds 5] [--connections 8]

Prints sends taken a second (whole: token, checks, thread, schedule), the same with the
status ladder delivered to a subscriber, and customers' messages delivered as webhooks.
Its peer is an empty Flask view on the same server: what is left is the stand-in's own cost.
"""

import argparse
import http.client
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask

from web.simulator.cloud_api import Settings, create_cloud_api, serve

BODY = {"messaging_product": "whatsapp", "recipient_type": "individual", "type": "text", "text": {"body": "Grüezi"}}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--connections", type=int, default=8)
    chosen = options.parse_args()
    empty = with_server(run_empty, lambda port: load(port, "/empty", chosen))
    plain = with_server(run_stand_in, lambda port: sends(port, chosen, statuses=False))
    whole = with_server(run_stand_in, lambda port: sends(port, chosen, statuses=True))
    inbound = with_server(run_stand_in, lambda port: writes(port, chosen))
    print(f"empty Flask view on the same server   {empty:8.0f} requests/s   (peer)")
    print(f"sends taken, statuses off             {plain:8.0f} messages/s   {plain / empty:.2f} of the peer")
    print(f"sends taken, three statuses delivered {whole:8.0f} messages/s   {4 * whole:.0f} wire messages/s")
    print(f"customers' messages delivered         {inbound:8.0f} webhooks/s")


def with_server(run: Callable[[Connection], None], measure: Callable[[int], float]) -> float:
    """Run a server in a process of its own and measure against it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=run, args=(theirs,), daemon=True)
    process.start()
    try:
        return measure(ours.recv())
    finally:
        process.terminate()
        process.join()


def run_empty(pipe: Connection) -> None:
    app = Flask(__name__)

    @app.post("/empty")
    def empty() -> dict[str, Any]:
        return {}

    server = serve(app)
    pipe.send(server.port)
    server.wait()


def run_stand_in(pipe: Connection) -> None:
    settings = Settings(
        sent_seconds=0.01, delivered_seconds=0.02, read_seconds=0.03, window="off", pair_limit=False, per_second=None
    )
    server = serve(create_cloud_api(settings=settings))
    pipe.send(server.port)
    server.wait()


def run_sink(pipe: Connection) -> None:
    """A subscriber that takes everything at once."""

    def sink(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        query = environ["QUERY_STRING"]
        challenge = dict(part.split("=", 1) for part in query.split("&")).get("hub.challenge", "") if query else ""
        start_response("200 OK", [])
        return [challenge.encode()]

    server = serve(sink)
    pipe.send(server.port)
    server.wait()


def sends(port: int, chosen: argparse.Namespace, *, statuses: bool) -> float:
    """Messages a second, until the last status has been taken."""

    def measure(sink: int) -> float:
        register(port, sink, statuses=statuses)
        began = time.monotonic()
        rate = load(port, "/v26.0/1001/messages", chosen)
        sent = rate * chosen.seconds
        drain(port)
        return sent / (time.monotonic() - began) if statuses else rate

    return with_server(run_sink, measure)


def writes(port: int, chosen: argparse.Namespace) -> float:
    """Customers' messages a second, written in bulk, until the last webhook has been taken."""

    def measure(sink: int) -> float:
        register(port, sink, statuses=False)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        began = time.monotonic()
        count = 0
        while time.monotonic() - began < chosen.seconds:
            said = [{"who": f"4179{count + n:07d}", "number": "1001", "text": "Grüezi"} for n in range(200)]
            call(connection, "POST", "/_control/messages", {"messages": said})
            count += 200
            while call(connection, "GET", "/_control/webhooks")["apps"]["app"]["pending"] > 1000:
                time.sleep(0.02)
        drain(port)
        return count / (time.monotonic() - began)

    return with_server(run_sink, measure)


def register(port: int, sink: int, *, statuses: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    url = f"http://127.0.0.1:{sink}/hook"
    app = {"id": "app", "secret": "s", "verify_token": "v", "callback_url": url, "batch": 20}
    call(connection, "POST", "/_control/apps", app)
    number = {"id": "1001", "waba": "4711", "display": "41440000000", "token": "t", "app": "app", "statuses": statuses}
    call(connection, "POST", "/_control/numbers", number)


def drain(port: int) -> None:
    """Wait until every webhook has been taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        state = call(connection, "GET", "/_control/webhooks")
        if state["apps"]["app"]["pending"] == 0 and state["scheduled"] == 0:
            return
        time.sleep(0.02)


def call(connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    raw = json.dumps(body) if body is not None else None
    connection.request(method, path, raw, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())


def load(port: int, path: str, chosen: argparse.Namespace) -> float:
    """Requests a second over kept-alive connections, by raw sockets so that the client costs little."""
    until = time.monotonic() + chosen.seconds
    counts = [0] * chosen.connections

    def run(index: int) -> None:
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        while time.monotonic() < until:
            callback = f"{index}-{counts[index]}"
            to = f"4179{(counts[index] * chosen.connections + index) % 10000:07d}"
            body = json.dumps({**BODY, "to": to, "biz_opaque_callback_data": callback}).encode()
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n"
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert b" 200 " in stream.readline()
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
            counts[index] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(chosen.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate: float = sum(counts) / chosen.seconds
    return rate


if __name__ == "__main__":
    main()
