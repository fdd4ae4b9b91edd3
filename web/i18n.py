"""The language and the time zone of one answer.

One rule: what the reader chose wins, then what the person's account says, then what the
browser asks for, then what the organisation speaks. Texts are written in English in the
code (`_("…")`, `ngettext`, in Python and templates) and translated in `translations/`.
"""

import zoneinfo
from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, format_date, format_datetime, format_decimal, format_time, refresh, to_user_timezone

LANGUAGES = {
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "en": "English",
    "id": "Bahasa Indonesia",
}
"""Languages of every surface, each under its own name."""

CHOICE = "language"
"""Name of the query parameter and of the cookie by which a reader chooses."""

ZONE = "timezone"
"""Name of the cookie in which static/modules/timezone.js tells the browser's time zone."""

YEAR_SECONDS = 31_536_000


def install(app: Flask) -> None:
    """Choose language and zone for each request; teach templates to show times and numbers."""
    Babel(app, locale_selector=language, timezone_selector=timezone, default_translation_directories="translations")
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(
        language=language, languages=offered, language_name=LANGUAGES.__getitem__, here_in=here_in
    )
    app.jinja_env.filters.update(
        local_time=lambda moment: format_time(moment, "short"),
        local_date=lambda moment: format_date(to_user_timezone(moment), "medium", rebase=False),
        local_moment=lambda moment: format_datetime(moment, "medium"),
        iso=lambda moment: to_user_timezone(moment).isoformat(timespec="seconds"),
        number=format_decimal,
    )
    app.after_request(remember)


def language() -> str:
    """Give the language of this answer."""
    choices = offered()
    for wish in (request.args.get(CHOICE), request.cookies.get(CHOICE), g.get("person_language")):
        if wish in choices:
            return wish
    asked = request.accept_languages.best_match(choices)
    return asked or (own if (own := g.get("organisation_language")) in choices else fallback(choices))


def prefer(*, person: str | None = None, organisation: str | None = None, offered: Iterable[str] | None = None) -> None:
    """Tell what is known of this request's person and organisation, as soon as it is known.

    `offered` narrows the languages to those that the organisation speaks.
    """
    g.person_language = person or g.get("person_language")
    g.organisation_language = organisation or g.get("organisation_language")
    if offered is not None:
        g.offered_languages = [code for code in LANGUAGES if code in set(offered)] or list(LANGUAGES)
    refresh()


def offered() -> list[str]:
    """List the languages a reader may choose here."""
    chosen: list[str] = g.get("offered_languages") or list(LANGUAGES)
    return chosen


def here_in(code: str) -> str:
    """Give the address of this page in another language. After a form came back, that of its GET."""
    query = {**request.args.to_dict(flat=False), CHOICE: [code]}
    return "?" + urlencode(query, doseq=True)


def fallback(choices: list[str]) -> str:
    """English where it is spoken, else the first language."""
    return "en" if "en" in choices else choices[0]


def timezone() -> str:
    """Give the browser's zone when it told one that exists, else the configured one."""
    told = request.cookies.get(ZONE, "")
    configured: str = current_app.config["GUICHET"].timezone
    return told if told in zoneinfo.available_timezones() else configured


def remember(response: Response) -> Response:
    """Keep a language chosen by the query for a year, and tell caches what the answer hangs on."""
    chosen = request.args.get(CHOICE)
    if chosen in LANGUAGES:
        response.set_cookie(
            CHOICE,
            chosen,
            max_age=YEAR_SECONDS,
            secure=current_app.config["GUICHET"].is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response
