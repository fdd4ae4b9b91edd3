"""The one HTTP client: where it does not go, what it does not do, and what it tells apart."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tenants import http
from tenants.http import AddressRefused, AnswerLost, Client, ConnectFailed

Answer = Callable[[socket.socket], None]


class Wire:
    """A server of raw answers; keeps the requests it got."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            try:
                while b"\r\n\r\n" not in (got := connection.recv(65536)):
                    if not got:
                        return
                self.requests.append(got)
                self._answer(connection)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@contextmanager
def wire(answer: Answer) -> Iterator[Wire]:
    server = Wire(answer)
    try:
        yield server
    finally:
        server.close()


def plain(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> Answer:
    head = "".join(
        f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    )
    return lambda connection: connection.sendall(head.encode() + b"\r\n" + body)


def drip(first: bytes, piece: bytes = b"x") -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(200):
            time.sleep(0.05)
            connection.sendall(piece)

    return answer


@pytest.fixture
def client() -> Iterator[Client]:
    opened = Client(allow=["127.0.0.1/32"])
    yield opened
    opened.close()


@pytest.fixture
def stranger() -> Iterator[Client]:
    """A client to which no private address is allowed."""
    opened = Client()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "localhost",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "someone:secret@127.0.0.1",
        "example.org@127.0.0.1",
    ],
)
def test_no_private_address_is_reached_however_it_is_written(stranger: Client, host: str) -> None:
    with pytest.raises((AddressRefused, ConnectFailed)) as refusal:
        stranger.get(f"http://{host}:9/", timeout_seconds=1)
    if not isinstance(refusal.value, AddressRefused):
        assert str(refusal.value) in ("InvalidURL", "UnsupportedProtocol") or host in ("0", "127.1", "0177.0.0.1")


@pytest.mark.parametrize(
    "address", ["::127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "224.0.0.1", "fec0::1", "::ffff:10.0.0.1"]
)
def test_an_address_that_stands_for_another_is_not_public(
    monkeypatch: pytest.MonkeyPatch, stranger: Client, address: str
) -> None:
    resolve_to(monkeypatch, address)
    with pytest.raises(AddressRefused):
        stranger.get("http://firm.example/", timeout_seconds=1)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    asked: list[str] = []
    waiting = iter(answers)

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host.endswith(".example"):
            asked.append(host)
            host = next(waiting)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_leads_into_the_house_is_refused(monkeypatch: pytest.MonkeyPatch, stranger: Client) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    with pytest.raises(AddressRefused):
        stranger.get("http://rebound.example/", timeout_seconds=1)


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look-up of DNS rebinding would find nothing here: there is none."""
    with wire(plain(b"ok")) as server:
        asked = resolve_to(monkeypatch, "127.0.0.1")
        client = Client(allow=["127.0.0.1/32"])
        assert client.get(f"http://firm.example:{server.port}/", timeout_seconds=2).body == b"ok"
        client.close()
    assert asked == ["firm.example"]
    assert f"Host: firm.example:{server.port}".encode() in server.requests[0]


def test_an_allowed_address_is_that_one_and_no_other() -> None:
    client = Client(allow=["127.0.0.2/32"])
    with wire(plain()) as server, pytest.raises(AddressRefused):
        client.get(server.url, timeout_seconds=1)
    client.close()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "//127.0.0.1/", "unix:/x"]
)
def test_only_the_web_is_spoken_to(client: Client, url: str) -> None:
    with pytest.raises(AddressRefused):
        client.get(url, timeout_seconds=1)


def test_redirects_are_not_followed(client: Client) -> None:
    with wire(plain(b"", "Location: http://127.0.0.1:1/inside", status="302 Found")) as server:
        answer = client.get(server.url, timeout_seconds=2)
    assert answer.status == 302
    assert len(server.requests) == 1


def test_cookies_are_not_kept(client: Client) -> None:
    with wire(plain(b"", "Set-Cookie: session=1; Path=/")) as server:
        client.get(server.url, timeout_seconds=2)
        client.get(server.url, timeout_seconds=2)
    assert b"cookie" not in server.requests[1].lower()


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client = Client(allow=["127.0.0.1/32"])
    with wire(plain(b"direct")) as server:
        assert client.get(server.url, timeout_seconds=2).body == b"direct"
    client.close()


def test_an_answer_beyond_the_size_is_not_taken(client: Client) -> None:
    with wire(plain(b"x" * (http.MAXIMUM_ANSWER_BYTES + 1))) as server, pytest.raises(AnswerLost):
        client.get(server.url, timeout_seconds=5)


def test_an_answer_of_just_the_size_is_taken(client: Client) -> None:
    with wire(plain(b"x" * http.MAXIMUM_ANSWER_BYTES)) as server:
        assert len(client.get(server.url, timeout_seconds=5).body) == http.MAXIMUM_ANSWER_BYTES


def test_a_compressed_answer_that_nobody_asked_for_is_not_unpacked(client: Client) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with wire(plain(bomb, "Content-Encoding: gzip")) as server, pytest.raises(AnswerLost):
        client.get(server.url, timeout_seconds=5)
    assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize(
    "first",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_a_drip_that_never_ends_ends_with_the_time(client: Client, first: bytes) -> None:
    began = time.monotonic()
    with wire(drip(first)) as server, pytest.raises(AnswerLost):
        client.get(server.url, timeout_seconds=0.4)
    assert time.monotonic() - began < 1.5


def test_the_time_of_one_request_is_not_that_of_the_next(client: Client) -> None:
    with wire(drip(b"")) as slow, pytest.raises(AnswerLost):
        client.get(slow.url, timeout_seconds=0.2)
    with wire(plain(b"ok")) as server:
        assert client.get(server.url, timeout_seconds=2).body == b"ok"


def test_a_library_with_a_client_of_its_own_is_bounded_alike() -> None:
    import httpx2

    with wire(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")) as server:
        library = httpx2.Client(transport=http.guarded_transport(allow=["127.0.0.1"]), timeout=0.4)
        began = time.monotonic()
        with pytest.raises(http.TRANSPORT_ERRORS):
            library.get(server.url)
        assert time.monotonic() - began < 1.5
        library.close()


def test_nothing_left_where_nobody_listens(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConnectFailed):
        client.post(f"http://127.0.0.1:{port}/", json={}, timeout_seconds=1)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "xn--a", "-", "nobody.invalid"])
def test_nothing_left_for_a_name_that_is_none(client: Client, host: str) -> None:
    with pytest.raises(ConnectFailed):
        client.get(f"http://{host}/", timeout_seconds=1)


@pytest.mark.parametrize(
    "answer",
    [
        lambda connection: connection.close(),
        lambda connection: time.sleep(1),
        lambda connection: connection.sendall(b"garbage\r\n\r\n"),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    ],
    ids=["closed", "silent", "garbage", "half"],
)
def test_what_may_have_arrived_is_lost_and_not_failed(client: Client, answer: Answer) -> None:
    with wire(answer) as server, pytest.raises(AnswerLost):
        client.post(server.url, json={}, timeout_seconds=0.5)
    assert len(server.requests) == 1


def test_errors_say_nothing_of_the_address_or_the_answer(client: Client) -> None:
    with (
        wire(lambda connection: connection.sendall(b"secret words\r\n\r\n")) as server,
        pytest.raises(AnswerLost) as lost,
    ):
        client.get(f"{server.url}/?pin=4711", timeout_seconds=1)
    assert "4711" not in str(lost.value)
    assert "secret" not in str(lost.value)
