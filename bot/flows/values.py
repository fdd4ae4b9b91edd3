"""Values that carry the label of what they hold.

The one rule: reading any part of a value gives the join of the labels of that part, of what
encloses it and of everything inside it; an absent field has the label it would have had.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.events import JSON
from compliance.labels import PUBLIC, Label, join, parse

LIST_ITEMS = 1_000
RESULT_BYTES = 256 * 1024
STRING = 16 * 1024
DEPTH = 20

Path = tuple[str, ...]


class TooLarge(ValueError):
    """A value beyond the limits; its text is a code."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value, its label, and the labels of its fields by path (lists are passed through)."""

    value: JSON
    label: Label = PUBLIC
    fields: Mapping[Path, Label] = field(default_factory=dict)

    def label_at(self, path: Path) -> Label:
        """The label of reading this path."""
        if not self.fields:
            return self.label
        fields = self.fields.items()
        return self.label | join(label for name, label in fields if all(map(str.__eq__, name, path)))

    def at(self, path: Path) -> "Labelled":
        """The part at this path with the labels of its own fields."""
        value = self.value
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        above = join(label for name, label in self.fields.items() if path[: len(name)] == name)
        inside = {name[len(path) :]: label for name, label in self.fields.items() if _within(name, path)}
        return Labelled(value, self.label | above, inside)

    def under(self, label: Label) -> "Labelled":
        """The same value with a label joined to it."""
        return Labelled(self.value, self.label | label, self.fields) if label & ~self.label else self

    def as_json(self) -> JSON:
        """Write `{"value": …, "label": ["client"], "fields": {"code": ["secret"]}}`."""
        fields = {".".join(path): label.names for path, label in self.fields.items()}
        return {"value": self.value, "label": self.label.names, "fields": fields}

    @classmethod
    def from_json(cls, stored: JSON) -> "Labelled":
        """Read what `as_json` wrote."""
        fields = {tuple(path.split(".")): parse(names) for path, names in stored["fields"].items()}
        return cls(stored["value"], parse(stored["label"]), fields)


def check_size(value: JSON) -> None:
    """Raise TooLarge when a value exceeds what a session may keep."""
    _check_parts(value, 0)
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) > RESULT_BYTES:
        raise TooLarge("result_too_large")


def extent(value: JSON) -> int:
    """How many items of a list a value amounts to: its longest list, or its atoms by 32."""
    longest, atoms = _extent(value)
    return max(longest, atoms // 32)


def _extent(value: JSON) -> tuple[int, int]:
    if isinstance(value, str):
        return 0, 1 + len(value) // 16
    if not isinstance(value, (list, dict)):
        return 0, 1
    parts = [_extent(item) for item in (value.values() if isinstance(value, dict) else value)]
    return max([len(value), *(longest for longest, _ in parts)]), 1 + sum(atoms for _, atoms in parts)


def _within(name: Path, path: Path) -> bool:
    return len(name) > len(path) and name[: len(path)] == path


def _check_parts(value: JSON, depth: int) -> None:
    if depth > DEPTH:
        raise TooLarge("value_too_deep")
    if isinstance(value, str) and len(value) > STRING:
        raise TooLarge("text_too_long")
    if isinstance(value, (list, dict)):
        if len(value) > LIST_ITEMS:
            raise TooLarge("list_too_long")
        for item in value.values() if isinstance(value, dict) else value:
            _check_parts(item, depth + 1)
