"""A browser without a window: it keeps cookies, follows redirects, reads pages and fills in forms.

The one rule: it takes no short cut. What it sends comes from a form on the page that it
was shown, hidden fields included.
"""

import dataclasses
import urllib.error
import urllib.request
from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin

TIMEOUT_SECONDS = 10.0
MAXIMUM_PAGE_BYTES = 1024 * 1024


class NoSuchForm(LookupError):
    """The page has no such form."""


@dataclasses.dataclass(slots=True)
class Form:
    """A form: where it leads, what it sends by itself, and what its buttons would add."""

    action: str
    fields: dict[str, str] = dataclasses.field(default_factory=dict)
    buttons: list[tuple[str, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows: all its words, its forms, and the bubbles of both sides."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]
    theirs: tuple[str, ...]
    ours: tuple[str, ...]

    def form(self, *, action: str = "", field: str = "", button: tuple[str, str] | None = None) -> Form:
        """The first form that leads there, has this field and this button. Raise NoSuchForm."""
        for form in self.forms:
            leads = form.action.partition("?")[0].endswith(action)
            if leads and (not field or field in form.fields) and (button is None or button in form.buttons):
                return form
        wanted = " ".join(filter(None, [action, field, button[1] if button else ""]))
        raise NoSuchForm(f"no form {wanted!r} on the page (status {self.status}): {self.text[:120]}")


class Browser:
    """One visitor's browser. It reaches what the demo started on this machine."""

    def __init__(self, *, language: str) -> None:
        self._headers = {"User-Agent": "guichet-player", "Accept": "text/html", "Accept-Language": language}
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def get(self, url: str) -> Page:
        """Open an address."""
        return self._open(url, method="GET")

    def head(self, url: str) -> int:
        """Ask for an address without its page, as some previews do; return the status."""
        return self._open(url, method="HEAD").status

    def submit(self, page: Page, form: Form, values: Mapping[str, str]) -> Page:
        """Fill in a form and send it."""
        sent = urlencode({**form.fields, **values}).encode()
        return self._open(urljoin(page.url, form.action), method="POST", sent=sent)

    def _open(self, url: str, *, method: str, sent: bytes | None = None) -> Page:
        if not url.startswith("http://"):
            raise ValueError("the demo's addresses begin with http://")
        request = urllib.request.Request(url, data=sent, headers=self._headers, method=method)  # noqa: S310
        try:
            answer = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            body = answer.read(MAXIMUM_PAGE_BYTES).decode("utf-8", "replace")
            return read_page(body, url=answer.url, status=answer.status)


def read_page(body: str, *, url: str, status: int) -> Page:
    """Read a page."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    return Page(
        url=url,
        status=status,
        text=one_line("".join(reader.words)),
        forms=tuple(reader.forms),
        theirs=tuple(one_line("".join(pieces)) for is_ours, pieces in reader.bubbles if not is_ours),
        ours=tuple(one_line("".join(pieces)) for is_ours, pieces in reader.bubbles if is_ours),
    )


def one_line(text: str) -> str:
    """A text with its blanks as a browser shows them."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.bubbles: list[tuple[bool, list[str]]] = []
        self._in_form = False
        self._in_bubble = False
        self._is_ours = False
        self._in_said = False
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        styles = given.get("class", "").split()
        match tag:
            case "script" | "style":
                self._unseen += 1
            case "form":
                self._in_form = True
                self.forms.append(Form(given.get("action", "")))
            case "input" if self._in_form and given.get("name"):
                self.forms[-1].fields[given["name"]] = given.get("value", "")
            case "button" if self._in_form and given.get("name"):
                self.forms[-1].buttons.append((given["name"], given.get("value", "")))
            case "li":
                self._in_bubble = "bubble" in styles
                self._is_ours = "ours" in styles
            case "span" if self._in_bubble and "said" in styles:
                self._in_said = True
                self.bubbles.append((self._is_ours, []))
        if tag in ("p", "li", "div", "h1", "h2", "button", "br"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "script" | "style":
                self._unseen -= 1
            case "form":
                self._in_form = False
            case "li":
                self._in_bubble = False
            case "span":
                self._in_said = False

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self.words.append(data)
        if self._in_said:
            self.bubbles[-1][1].append(data)
