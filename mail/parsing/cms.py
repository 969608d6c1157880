"""What a signature that wraps a mail holds (S/MIME's opaque signing, RFC 8551 3.5.2): found in its BER, and not verified."""

from collections.abc import Iterator
from dataclasses import dataclass

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2, as RFC 5652 5.1 has it
OBJECT_ID, OCTETS, SEQUENCE, WRAPPED = 0x06, 0x04, 0x30, 0xA0
OPEN_ENDED = -1
MOST_VALUES = 100_000  # that are walked over at once; programs write one for each few kilobytes of a content


@dataclass(frozen=True)
class _Value:
    tag: int
    start: int
    end: int


def signed_content(wrapped: bytes) -> bytes | None:
    """The mail inside of a signature; None when it is something else, or broken."""
    try:
        kind, outer = _pair(wrapped, _only(wrapped, 0, len(wrapped), SEQUENCE))
        if wrapped[kind.start : kind.end] != SIGNED_DATA:
            return None
        signed = _only(wrapped, outer.start, outer.end, SEQUENCE)
        inner = next(value for value in _values(wrapped, signed.start, signed.end) if value.tag == SEQUENCE)
        _kind, content = _pair(wrapped, inner)
        return b"".join(_octets(wrapped, next(_values(wrapped, content.start, content.end))))
    except (IndexError, ValueError, StopIteration):
        return None


def _pair(raw: bytes, sequence: _Value) -> tuple[_Value, _Value]:
    """An object's name, and what it wraps."""
    kind, content, *_rest = _values(raw, sequence.start, sequence.end)
    if (kind.tag, content.tag) != (OBJECT_ID, WRAPPED):
        raise ValueError
    return kind, content


def _only(raw: bytes, start: int, end: int, tag: int) -> _Value:
    found = next(_values(raw, start, end))
    if found.tag != tag:
        raise ValueError
    return found


def _octets(raw: bytes, value: _Value) -> Iterator[bytes]:
    """A string of octets, in one piece or in many."""
    if value.tag == OCTETS:
        yield raw[value.start : value.end]
        return
    for number, chunk in enumerate(_values(raw, value.start, value.end)):
        if chunk.tag != OCTETS or number > MOST_VALUES:
            raise ValueError
        yield raw[chunk.start : chunk.end]


def _values(raw: bytes, start: int, end: int) -> Iterator[_Value]:
    while start < end:
        tag, content, length = _header(raw, start)
        if (tag, length) == (0, 0):
            return
        stop = _end_of_open(raw, content, end) if length == OPEN_ENDED else content + length
        if stop > end:
            raise ValueError
        start = stop + 2 * (length == OPEN_ENDED)
        yield _Value(tag, content, stop)


def _header(raw: bytes, start: int) -> tuple[int, int, int]:
    """A value's tag, where its content starts, and how long it is."""
    tag, length = raw[start], raw[start + 1]
    if tag & 0x1F == 0x1F:  # none of what is looked for
        raise ValueError
    if length < 0x80:
        return tag, start + 2, length
    if length == 0x80:
        return tag, start + 2, OPEN_ENDED
    size = length & 0x7F
    return tag, start + 2 + size, int.from_bytes(raw[start + 2 : start + 2 + min(size, 8)], "big")


def _end_of_open(raw: bytes, start: int, end: int) -> int:
    """Where the two NULs stand that end a value without a length."""
    depth = 1
    for _value in range(MOST_VALUES):
        tag, content, length = _header(raw, start)
        if (tag, length) == (0, 0):
            depth -= 1
            if not depth:
                return start
        depth += length == OPEN_ENDED
        start = content + max(length, 0)
        if start >= end:
            break
    raise ValueError
