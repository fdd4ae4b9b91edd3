"""A small WSGI server for the stand-in: kept-alive connections, a thread each, able to misbehave.

The one rule: it is never exposed. Ordinary servers answer properly; this one must be able
to drop a connection after a message was taken, and to refuse connections for a while.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from io import BufferedReader, BytesIO
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from web.simulator.cloud_api.faults import DROP

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
REFUSE = "guichet.refuse"
"""In the WSGI environment: refuses connections for so many seconds."""
_LARGEST_BODY = 110 * 1024 * 1024


class Server:
    """Serves one application on one address, in threads of its own."""

    def __init__(self, application: Application, *, host: str, port: int) -> None:
        self._application = application
        self._host = host
        self._port = port
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._listener = self._listen()
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="cloud-api", daemon=True).start()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def wait(self) -> None:
        """Wait until somebody stops the server."""
        self._stopped.wait()

    def stop(self) -> None:
        """Stop at once; open connections are closed."""
        self._stopped.set()
        self._close_all()

    def refuse(self, seconds: float) -> None:
        """Refuse connections for so many seconds, from the end of the current answer on."""

        def pause() -> None:
            time.sleep(0.02)  # the answer to whoever ordered this still leaves
            self._close_all()
            time.sleep(seconds)
            if not self._stopped.is_set():
                self._listener = self._listen()
                self._accept()

        threading.Thread(target=pause, name="cloud-api", daemon=True).start()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(512)
        return listener

    def _close_all(self) -> None:
        with self._lock:
            sockets = [self._listener, *self._connections]
            self._connections.clear()
        for each in sockets:
            _close(each)

    def _accept(self) -> None:
        listener = self._listener
        while not self._stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while self._answer(connection, stream):
                    pass
        except (OSError, ValueError):
            pass  # the other side went away, or does not speak HTTP
        finally:
            with self._lock:
                self._connections.discard(connection)
            _close(connection)

    def _answer(self, connection: socket.socket, stream: BufferedReader) -> bool:
        """Answer one request; tell whether the connection stays open."""
        line = stream.readline(65536)
        if not line.strip():
            return False
        method, target, version = line.decode("latin-1").split()
        environ = self._environ(method, target, version)
        _read_headers(stream, environ)
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ["wsgi.input"] = BytesIO(_read_body(stream, environ))
        is_dropped = False

        def drop() -> None:
            nonlocal is_dropped
            is_dropped = True

        environ[DROP] = drop
        environ[REFUSE] = self.refuse
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            head[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]

        result = self._application(environ, start_response)
        try:
            body = b"".join(result)
        finally:
            getattr(result, "close", lambda: None)()
        if is_dropped:
            return False
        stays = environ.get("HTTP_CONNECTION", "").lower() != "close" and version == "HTTP/1.1"
        if not any(line.lower().startswith("content-length:") for line in head):
            head.append(f"Content-Length: {len(body)}")
        head.append(f"Connection: {'keep-alive' if stays else 'close'}")
        connection.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (b"" if method == "HEAD" else body))
        return stays

    def _environ(self, method: str, target: str, version: str) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
            "QUERY_STRING": query,
            "SERVER_NAME": self._host,
            "SERVER_PORT": str(self._port),
            "SERVER_PROTOCOL": version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


def serve(application: Application, *, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Start serving; port 0 takes a free one. The server runs until `stop`."""
    return Server(application, host=host, port=port)


def _read_headers(stream: BufferedReader, environ: dict[str, Any]) -> None:
    while True:
        line = stream.readline(65536).decode("latin-1").rstrip("\r\n")
        if not line:
            return
        name, _, value = line.partition(":")
        key = name.strip().upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value.strip()


def _read_body(stream: BufferedReader, environ: dict[str, Any]) -> bytes:
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        pieces = []
        while size := int(stream.readline(100).split(b";")[0], 16):
            pieces.append(stream.read(size))
            stream.readline(100)
        while stream.readline(65536).strip():
            pass
        body = b"".join(pieces)
        environ["CONTENT_LENGTH"] = str(len(body))
        del environ["HTTP_TRANSFER_ENCODING"]
        return body
    size = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 <= size <= _LARGEST_BODY:
        raise ValueError("no such length")
    body = stream.read(size)
    if len(body) < size:
        raise ValueError("the body broke off")
    return body


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was closed already, or never connected
        each.shutdown(socket.SHUT_RDWR)
    each.close()
