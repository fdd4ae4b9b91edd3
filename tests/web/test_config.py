"""The settings: each declared once, read strictly, documented."""

import dataclasses
from pathlib import Path

import pytest

from web import config
from web.config import SettingInvalid, Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_declared_with_variable_and_text() -> None:
    fields = dataclasses.fields(Settings)
    variables = [field.metadata["variable"] for field in fields]
    assert len(set(variables)) == len(fields)
    assert all(field.metadata["text"].endswith(".") for field in fields)


def test_the_page_of_settings_is_in_step() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == config.table() + "\n"


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.read(environment={"GUICHET_PORT": " "}) == Settings()


def test_values_are_read_as_what_they_are() -> None:
    settings = Settings.read(environment={"GUICHET_PORT": "9000", "GUICHET_DATA": "/srv/guichet"})
    assert (settings.port, settings.data_folder) == (9000, Path("/srv/guichet"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GUICHET_PORT", "http"),
        ("GUICHET_LOG_LEVEL", "loud"),
        ("GUICHET_URL", "guichet.example"),
        ("GUICHET_TRUSTED_PROXIES", "-1"),
    ],
)
def test_what_no_process_could_run_with_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=variable):
        Settings.read(environment={variable: value})


def test_a_signing_key_is_derived_from_the_master_key_and_is_not_it() -> None:
    one, other = Settings(master_key="a"), Settings(master_key="b")
    assert one.signing_key == Settings(master_key="a").signing_key
    assert len({one.signing_key, other.signing_key, b"a"}) == 3


def test_without_any_key_nothing_is_signed() -> None:
    with pytest.raises(SettingInvalid, match="GUICHET_MASTER_KEY"):
        _ = Settings().signing_key


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(master_key="wraps everything", database_url="postgresql://u:pw@h/d"))
    assert "wraps" not in shown
    assert "pw" not in shown
    assert "port=8000" in shown
