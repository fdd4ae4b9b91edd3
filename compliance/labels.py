"""The categories of protected data and their lattice.

A label is a set of categories; joining two labels is their union; a label may pass
a clearance when nothing of it lies outside (Denning, "A lattice model of secure
information flow", 1976).
"""

import enum
from collections.abc import Iterable


class Label(enum.Flag):
    """A set of categories of protected data. `Label(0)` is the label of public text."""

    PERSONAL = enum.auto()
    """Identifies or reaches a natural person."""
    CLIENT = enum.auto()
    """The relationship with the firm, the fact of being a client included."""
    ACCOUNT = enum.auto()
    """Money of a person."""
    HEALTH = enum.auto()
    """Health of a person."""
    SECRET = enum.auto()
    """Opens something: PIN, PUK, password, one-time code."""
    SPECIAL = enum.auto()
    """Otherwise specially protected by law: religion, politics, union, origin, …"""

    @property
    def names(self) -> list[str]:
        """The categories in lower case, in the order of their declaration."""
        return [category.name.lower() for category in Label if category in self and category.name]


PUBLIC = Label(0)
EVERYTHING = ~PUBLIC


class UnknownCategory(ValueError):
    """A name that is no category."""


def join(labels: Iterable[Label]) -> Label:
    """Join labels: the union of their categories."""
    joined = PUBLIC
    for label in labels:
        joined |= label
    return joined


def parse(names: Iterable[str]) -> Label:
    """Read category names, in any case, into a label. Raise UnknownCategory."""
    joined = PUBLIC
    for name in names:
        try:
            joined |= Label[name.upper()]
        except KeyError:
            raise UnknownCategory(name) from None
    return joined


def may_pass(label: Label, clearance: Label) -> bool:
    """Tell whether nothing of the label lies outside the clearance."""
    return not label & ~clearance


class Assurance(enum.IntEnum):
    """How sure we are who is there; each step includes the ones below."""

    NONE = 0
    NUMBER_KNOWN = 1
    CODE_CONFIRMED = 2
    SIGNED_IN = 3
    SIGNED_IN_STRONGLY = 4


class Direction(enum.StrEnum):
    """Which way a message goes, seen from the firm."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Verdict(enum.StrEnum):
    """What the gate decided."""

    CLEARED = "cleared"
    DIVERTED = "diverted"
    HELD = "held"
    REFUSED = "refused"
