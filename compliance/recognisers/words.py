"""Lists of words, written as one writes them."""


def words(paragraph: str) -> tuple[str, ...]:
    """Split a paragraph into its words."""
    return tuple(paragraph.split())
