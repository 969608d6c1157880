"""Numbers of rows, as they come in from outside."""

LARGEST = 2**63 - 1  # what both databases hold


def primary_key(text: str) -> int:
    """The number in a query or form; 0, which no row has, for everything that is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if number <= LARGEST else 0
