"""The generated parts of the documents: written from the code, and checked against it.

`python -m web.docs` writes them; `--check` changes nothing and fails when one is behind.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from bot.flows.reference import BEGIN, END, reference
from web import access, cli, config
from web.app import create_app
from web.config import Settings

DOCS = Path(__file__).parents[1] / "docs"


def commands() -> str:
    """The commands with their options."""
    lines = ["# Commands", "", "| command | what it does |", "|---|---|"]
    lines += [f"| `{name}{_arguments(command)}` | {_said(command)} |" for name, command in _walk("guichet", cli.main)]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """The settings."""
    return config.table() + "\n"


def who_may() -> str:
    """The routes and roles."""
    nobodys_key = base64.b64encode(bytes(32)).decode()
    return access.table(create_app(Settings(master_key=nobodys_key)))


def flows() -> str:
    """The page about flows, with the nodes as they are."""
    written = (DOCS / "flows.md").read_text(encoding="utf-8")
    before, _, rest = written.partition(BEGIN)
    return before + reference() + rest.partition(END)[2]


GENERATED: dict[str, Callable[[], str]] = {
    "access.md": who_may,
    "commands.md": commands,
    "flows.md": flows,
    "settings.md": settings,
}


def main(*, check: bool) -> int:
    """Write what is behind, or say what is; return the exit status."""
    behind = [path for path, text in _texts() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path, text in _texts():
        if path in behind and not check:
            path.write_text(text, encoding="utf-8")
    for path in behind:
        click.echo(f"{path.relative_to(DOCS.parent)} {'is behind: python -m web.docs' if check else 'written'}")
    return 1 if check and behind else 0


def _texts() -> Iterator[tuple[Path, str]]:
    for name, text in GENERATED.items():
        yield DOCS / name, text()


def _walk(path: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _walk(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _arguments(command: click.Command) -> str:
    written = ""
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            many = "…" if parameter.nargs == -1 else ""
            written += (
                f" {str(parameter.name).upper()}{many}"
                if parameter.required
                else f" [{str(parameter.name).upper()}{many}]"
            )
        elif isinstance(parameter, click.Option) and not parameter.hidden:
            value = "" if parameter.is_flag else f" {str(parameter.name).upper()}"
            written += (
                f" {'' if parameter.required else '['}{parameter.opts[-1]}{value}{'' if parameter.required else ']'}"
            )
    return written.replace("|", "\\|")


def _said(command: click.Command) -> str:
    return " ".join((command.help or "").split())


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
