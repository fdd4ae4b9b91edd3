"""The approved emergency texts: the one thing that is said under every policy.

They lie beside this module by country, signal and language, and change with the program
only, so that nobody can weaken them by configuration.
"""

import functools
import importlib.resources

from ruamel.yaml import YAML

SIGNALS = ("emergency.self_harm", "emergency.violence", "emergency.medical")
"""In the order in which they are answered when several are heard."""


def text(*, country: str, signals: frozenset[str], language: str) -> str | None:
    """The approved text for the gravest of these signals, or None when none of them is an emergency."""
    texts = _texts()
    for signal in SIGNALS:
        if signal in signals:
            by_language = texts.get(country, texts["default"])[signal.removeprefix("emergency.")]
            return by_language.get(language) or by_language["en"]
    return None


def is_approved(words: str) -> bool:
    """Tell whether these very words are an approved emergency text."""
    return words in _approved()


@functools.cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    source = importlib.resources.files("compliance.rules").joinpath("emergencies.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, str]]] = YAML(typ="safe").load(source)
    return loaded


@functools.cache
def _approved() -> frozenset[str]:
    return frozenset(words for country in _texts().values() for signal in country.values() for words in signal.values())
