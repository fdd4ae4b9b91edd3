"""Runs of digits and the numbers that may stand in them."""

import re
from collections.abc import Collection, Iterator

from compliance.normalisation import Text

# Two separators at most, so that "4111 - 1111" is one run and two sentences are not.
_RUN = re.compile(r"\d(?:[ .\-_/\n]{0,3}\d){7,}")
_GROUP = re.compile(r"\d+")


def numbers(text: Text, lengths: Collection[int]) -> Iterator[tuple[str, int, int]]:
    """Give every number of one of these lengths that begins and ends where a group of digits does.

    The time is linear: a run offers at most as many numbers as it has groups, times the longest length.
    """
    longest = max(lengths)
    for run in _RUN.finditer(text.plain):
        groups = [(m.group(), m.start(), m.end()) for m in _GROUP.finditer(run.group())]
        for first in range(len(groups)):
            digits = ""
            for group, _, end in groups[first : first + longest]:
                digits += group
                if len(digits) > longest:
                    break
                if len(digits) in lengths:
                    yield digits, run.start() + groups[first][1], run.start() + end


def near(text: Text, pattern: re.Pattern[str], start: int, end: int, *, before: int = 40, after: int = 20) -> bool:
    """Tell whether a context word stands shortly before or after the place."""
    return bool(
        pattern.search(text.folded, max(0, start - before), start) or pattern.search(text.folded, end, end + after)
    )
