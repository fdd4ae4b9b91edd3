"""The one HTTP client.

It reaches addresses that tenants choose, so it resolves a name once, refuses what is
private unless the caller allows that very address, and connects to what it checked (a
second look-up could answer otherwise: DNS rebinding). It follows no redirects, keeps no
cookies, reads no proxy from the environment, bounds an answer as a whole in time and
size, and tells apart whether a request may have left: only then must nobody send it
again blindly.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

MAXIMUM_ANSWER_BYTES = 1024 * 1024
LONGEST_SECONDS = 30.0
"""How long a request of a library that sets no time-out may take."""


class ConnectFailed(ConnectionError):
    """Nothing left this machine: it is safe to try again."""


class AnswerLost(ConnectionError):
    """The request may have arrived; what became of it is unknown."""


class AddressRefused(ConnectionError):
    """The address is private and not on the list of those allowed, or is no http(s) address."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Guarded(httpx2.HTTPTransport):
    """A transport that connects only to addresses that may be reached."""

    def __init__(self, *, allow: Iterable[str] = (), connections: int = 16) -> None:
        super().__init__(
            retries=0,
            trust_env=False,
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        )
        self._allowed = [ipaddress.ip_network(item) for item in allow]
        pool: Any = self._pool
        pool._network_backend = _Bounded(pool._network_backend)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        _until.set(time.monotonic() + (request.extensions.get("timeout", {}).get("read") or LONGEST_SECONDS))
        # A compressed answer could swell beyond any bound that is counted on the wire.
        request.headers["Accept-Encoding"] = "identity"
        answer = super().handle_request(self._addressed(request))
        if answer.headers.get("content-encoding", "identity") != "identity":
            answer.close()
            raise httpx2.DecodingError("a compressed answer was not asked for")
        return answer

    def _addressed(self, request: httpx2.Request) -> httpx2.Request:
        host = request.url.host
        address = self._resolve(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.headers.setdefault("Host", request.url.netloc.decode())
        request.url = request.url.copy_with(host=address)
        return request

    def _resolve(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError("the name does not resolve") from error
        for *_, where in found:
            address = ipaddress.ip_address(where[0])
            if _is_public(address) or any(address in network for network in self._allowed):
                return str(address)
        raise AddressRefused(f"{host} is a private address that is not allowed")


_CARRIERS = [ipaddress.ip_network(item) for item in ("::/96", "64:ff9b::/96", "2002::/16", "fec0::/10")]
"""Addresses that stand for others (IPv4-compatible, NAT64, 6to4) or for a site: global by name, not by nature."""


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _CARRIERS)


_until: ContextVar[float] = ContextVar("guichet_http_until")
"""When the request of this thread must be over, by the monotonic clock."""


class _Bounded:
    """The network, or a connection: no wait goes beyond the request's time, however slowly bytes drip."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(self, *arguments: Any, **named: Any) -> "_Bounded":
        return _Bounded(self._inner.connect_tcp(*arguments, **named))

    def start_tls(self, *arguments: Any, **named: Any) -> "_Bounded":
        return _Bounded(self._inner.start_tls(*arguments, **named))

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._inner.read(max_bytes, _left(timeout, httpx2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpx2.WriteTimeout))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _left(timeout: float | None, too_late: type[httpx2.TimeoutException]) -> float:
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise too_late("the answer took too long as a whole")
    return left if timeout is None else min(left, timeout)


class Client:
    """An HTTP client for one purpose, with kept-alive connections. Safe to use from several threads."""

    def __init__(self, *, allow: Iterable[str] = (), connections: int = 16) -> None:
        self._client = httpx2.Client(
            transport=Guarded(allow=allow, connections=connections),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_seconds: float,
    ) -> Response:
        """GET. Raise ConnectFailed, AnswerLost, AddressRefused."""
        return self._send("GET", url, headers=headers, params=params, timeout_seconds=timeout_seconds)

    def post(
        self, url: str, *, json: Any, headers: Mapping[str, str] | None = None, timeout_seconds: float
    ) -> Response:
        """POST a JSON body. Raise ConnectFailed, AnswerLost, AddressRefused."""
        return self._send("POST", url, headers=headers, json=json, timeout_seconds=timeout_seconds)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_seconds: float,
    ) -> Response:
        """Send a request with any method. Raise ConnectFailed, AnswerLost, AddressRefused."""
        return self._send(method, url, headers=headers, params=params, json=json, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _send(
        self,
        method: str,
        url: str,
        *,
        timeout_seconds: float,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Response:
        if not url.startswith(("http://", "https://")):
            raise AddressRefused("only http and https addresses are reached")
        timeout = httpx2.Timeout(timeout_seconds, connect=min(timeout_seconds, 5), pool=min(timeout_seconds, 5))
        try:
            with self._client.stream(
                method,
                url,
                headers=dict(headers or {}),
                params=dict(params) if params else None,
                json=json,
                timeout=timeout,
            ) as answer:
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MAXIMUM_ANSWER_BYTES:
                        raise AnswerLost("the answer is too large")
                return Response(
                    status=answer.status_code,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=bytes(body),
                )
        except (
            httpx2.ConnectError,
            httpx2.ConnectTimeout,
            httpx2.PoolTimeout,
            httpx2.UnsupportedProtocol,
            httpx2.InvalidURL,
        ) as error:
            raise ConnectFailed(type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise AnswerLost(type(error).__name__) from error


def guarded_transport(*, allow: Iterable[str] = ()) -> httpx2.HTTPTransport:
    """The guarded transport on its own, for a library that brings its own httpx2 client."""
    return Guarded(allow=allow)


TRANSPORT_ERRORS = (httpx2.TransportError,)
"""What a library's own httpx2 client raises when the network fails."""
