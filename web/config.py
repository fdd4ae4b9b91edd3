"""The settings of one process, read from the environment once.

One rule: each setting is declared here and nowhere else, with what it is for;
`docs/settings.md` is generated from this module.
"""

import base64
import dataclasses
import sys
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SettingInvalid(ValueError):
    """A setting cannot be read as what it must be. Names the variable, never its value."""


def setting(*, variable: str, default: object, text: str, secret: bool = False) -> typing.Any:
    """Declare one setting: its variable, its default, what it is for."""
    return dataclasses.field(default=default, metadata={"variable": variable, "text": text, "secret": secret})


DATA_FOLDER = Path(".guichet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Make one with `Settings.read`, in tests by keywords."""

    database_url: str = setting(
        variable="DATABASE_URL",
        default="",
        text="PostgreSQL, as the program's role, which owns no table. Empty: the embedded server is started.",
        secret=True,
    )
    database_owner_url: str = setting(
        variable="DATABASE_OWNER_URL",
        default="",
        text="PostgreSQL, as the role that owns the tables; only migrations use it.",
        secret=True,
    )
    redis_url: str = setting(
        variable="REDIS_URL",
        default="",
        text="Redis or Valkey, for the queue. Empty: the embedded server is started.",
        secret=True,
    )
    data_folder: Path = setting(  # noqa: RUF009  (it declares a field; Path is immutable)
        variable="GUICHET_DATA",
        default=DATA_FOLDER,
        text="Folder of the embedded servers and of what the demo makes.",
    )
    master_key: str = setting(
        variable="GUICHET_MASTER_KEY",
        default="",
        text="Wraps the key of every organisation: 32 random bytes in base64. Losing it loses all content.",
        secret=True,
    )
    url: str = setting(
        variable="GUICHET_URL",
        default="http://localhost:8000",
        text="Address under which browsers reach the program. With https, cookies are Secure and HSTS is sent.",
    )
    host: str = setting(variable="GUICHET_HOST", default="127.0.0.1", text="Address to listen on.")
    port: int = setting(variable="GUICHET_PORT", default=8000, text="Port to listen on.")
    secret_key: str = setting(
        variable="GUICHET_SECRET_KEY",
        default="",
        text="Signs cookies and form tokens. Empty: derived from the master key.",
        secret=True,
    )
    simulator_url: str = setting(
        variable="GUICHET_SIMULATOR",
        default="",
        text="Address of the Cloud API stand-in. Empty: there is no simulator page.",
    )
    trusted_proxies: int = setting(
        variable="GUICHET_TRUSTED_PROXIES",
        default=0,
        text="How many proxies stand in front and set X-Forwarded-For, -Proto and -Host. 0: those headers are ignored.",
    )
    log_level: str = setting(
        variable="GUICHET_LOG_LEVEL", default="info", text="Least level that is logged: debug, info, warning, error."
    )
    metrics_token: str = setting(
        variable="GUICHET_METRICS_TOKEN",
        default="",
        text="Bearer token that /metrics asks for. Empty: /metrics answers this machine only.",
        secret=True,
    )
    timezone: str = setting(
        variable="GUICHET_TIMEZONE",
        default="Europe/Zurich",
        text="Time zone in which times are shown until the browser has told its own.",
    )

    def __post_init__(self) -> None:
        """Refuse what no process could run with."""
        if self.log_level not in LEVELS:
            raise SettingInvalid(f"GUICHET_LOG_LEVEL must be one of {', '.join(LEVELS)}")
        if not self.url.startswith(("http://", "https://")):
            raise SettingInvalid("GUICHET_URL must begin with http:// or https://")
        if self.trusted_proxies < 0:
            raise SettingInvalid("GUICHET_TRUSTED_PROXIES must not be negative")

    @classmethod
    def read(cls, *, environment: Mapping[str, str]) -> typing.Self:
        """Read the settings. An empty variable counts as absent. Raise SettingInvalid."""
        values: dict[str, typing.Any] = {}
        for field in dataclasses.fields(cls):
            variable = field.metadata["variable"]
            written = environment.get(variable, "").strip()
            if written:
                values[field.name] = _parse(written, like=field.default, variable=variable)
        return cls(**values)

    @property
    def is_secure(self) -> bool:
        """Browsers come over https."""
        return self.url.startswith("https://")

    @property
    def signing_key(self) -> bytes:
        """The key that signs cookies and form tokens. Raise SettingInvalid when there is none to take."""
        if self.secret_key:
            return self.secret_key.encode()
        if not self.master_key:
            raise SettingInvalid("GUICHET_SECRET_KEY or GUICHET_MASTER_KEY must be set")
        # RFC 5869: a key of its own for each purpose, so that a leaked cookie key opens no content.
        hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"guichet cookies and form tokens")
        return base64.urlsafe_b64encode(hkdf.derive(self.master_key.encode()))

    def __repr__(self) -> str:
        """Show the settings without their secrets, which would else reach a traceback."""
        shown = [f"{field.name}={self._shown(field)}" for field in dataclasses.fields(self)]
        return f"Settings({', '.join(shown)})"

    def _shown(self, field: "dataclasses.Field[object]") -> str:
        value = getattr(self, field.name)
        return "…" if field.metadata["secret"] and value else repr(value)


LEVELS = ("debug", "info", "warning", "error")


def table() -> str:
    """Render the table of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Read from the environment when a process starts.",
        "This page is generated: `python -m web.config > docs/settings.md`.",
        "",
        "| variable | default | what it is for |",
        "|---|---|---|",
    ]
    for field in dataclasses.fields(Settings):
        default = f"`{field.default}`" if str(field.default) else ""
        kind = " *(secret)*" if field.metadata["secret"] else ""
        lines.append(f"| `{field.metadata['variable']}`{kind} | {default} | {field.metadata['text']} |")
    return "\n".join(lines)


def _parse(written: str, *, like: object, variable: str) -> object:
    if isinstance(like, int):
        try:
            return int(written)
        except ValueError:
            raise SettingInvalid(f"{variable} must be a whole number") from None
    if isinstance(like, Path):
        return Path(written)
    return written


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
