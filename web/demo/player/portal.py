"""A customer's visit to the portal, by the way that any browser takes.

The one rule: a preview may look at the link as often as it likes; only who signed in
opens it, once.
"""

from web.demo.identity_provider import Person
from web.demo.player.browser import Browser, Page


class NotAsItShouldBe(AssertionError):
    """The portal showed something else than what it owes its visitor."""


class Visit:
    """One customer on the portal of one firm."""

    def __init__(self, *, home: str, language: str) -> None:
        self._home = home
        self._language = language
        self._browser = Browser(language=language)
        self._signed_in: str | None = None
        self.page: Page | None = None

    def preview(self, link: str) -> None:
        """Look at a link as messengers do, without a cookie."""
        messenger = Browser(language=self._language)
        _check(messenger.head(link) == 200, "the preview by HEAD was refused")
        _check(messenger.get(link).status == 200, "the preview by GET was refused")

    def sign_in(self, link: str, person: Person) -> None:
        """Open a link and sign in with the firm's identity provider. Nothing is spent by it.

        Who is signed in already is not asked again.
        """
        arrived = self._browser.get(link)
        _check(arrived.status == 200, f"the link was refused: {arrived.text[:120]}")
        if self._signed_in is not None:
            _check(self._signed_in == person.subject, "somebody else is signed in")
            self.page = arrived
            return
        asked = self._browser.submit(arrived, arrived.form(action="/sign-in", field="token"), {})
        wanted = {"login": person.login, "password": person.password, "second_factor": person.second_factor or ""}
        form = asked.form(field="login")
        known = {name: value for name, value in wanted.items() if name in form.fields}
        self.page = self._browser.submit(asked, form, {**known, "go": "yes"})
        _check(self.page.status == 200, f"the sign-in did not succeed: {self.page.text[:120]}")
        self._signed_in = person.subject

    def open(self) -> None:
        """Press the button that spends the link."""
        if self.page is None:
            raise NotAsItShouldBe("nobody is on the portal yet")
        self.page = self._browser.submit(self.page, self.page.form(action="/open"), {})
        _check(self.page.status == 200, f"the link did not open: {self.page.text[:120]}")

    def write(self, text: str) -> None:
        """Write on the portal."""
        page = self.read()
        self.page = self._browser.submit(page, page.form(action="/messages", field="text"), {"text": text})
        _check(self.page.status == 200, "the portal did not take what was written")

    def tap(self, option: str) -> None:
        """Choose what the portal offers."""
        page = self.read()
        chosen = ("option", option)
        self.page = self._browser.submit(page, page.form(action="/messages", button=chosen), dict([chosen]))
        _check(self.page.status == 200, "the portal did not take what was chosen")

    def read(self) -> Page:
        """Load the page anew."""
        self.page = self._browser.get(self._home)
        _check(self.page.status == 200, f"the portal's page was refused: {self.page.text[:120]}")
        return self.page

    def check_closed(self, link: str) -> None:
        """A link that was used opens nothing: neither for a stranger nor for who used it."""
        for browser in (Browser(language=self._language), self._browser):
            _check(browser.get(link).status == 410, "a used link still opens something")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAsItShouldBe(otherwise)
