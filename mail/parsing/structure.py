"""Which parts a mail has (RFC 2046 5.1): where each begins and ends, in bounded depth and number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mail.models import Message
from mail.parsing import heads
from mail.parsing.heads import Head

Note = Message.Note
MOST_PARTS, DEEPEST = 250, 20
MOST_FALSE_BOUNDARIES = 10_000  # lines that begin like a boundary and are none
LONGEST_BOUNDARY = 1_000
FROM_LINE = re.compile(rb">?From [^\r\n]*(?:\r\n|\r|\n)")
LEADING = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*")
DELIMITER_END = re.compile(rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)")
LIKELY_DELIMITER = re.compile(rb"(?:^|\n)--(\S[^\r\n]{0,100}?)[ \t]*\r?\n(?=content-)", re.IGNORECASE)
WITHIN = 64 * 1024  # bytes in which a boundary that nobody named is looked for


@dataclass(frozen=True)
class Node:
    """A part: its head, where its body stands, the parts in it. `is_rest` says that it was not looked into."""

    head: Head
    start: int
    end: int
    children: tuple["Node", ...] = ()
    is_rest: bool = False


@dataclass
class Tree:
    """A mail being taken apart."""

    raw: bytes = field(repr=False)
    notes: dict[Message.Note, None] = field(default_factory=dict)  # as an ordered set
    parts: int = 0

    def grow(self) -> Node:
        """All parts of the mail."""
        head = self.head()
        if head.is_cut:
            self.note(Note.CUT_HEADERS)
        return self._grown(Node(head, head.end, len(self.raw)), 0)

    def head(self) -> Head:
        """The mail's own header fields."""
        return heads.read(self.raw, _start(self.raw), len(self.raw))

    def note(self, note: Message.Note) -> None:
        """Remember what is wrong with the mail."""
        self.notes[note] = None

    def _grown(self, node: Node, depth: int) -> Node:
        if not node.head.content_type.startswith("multipart/") or node.is_rest:
            return node
        if depth >= DEEPEST or self.parts >= MOST_PARTS:
            self.note(Note.TOO_DEEP if depth >= DEEPEST else Note.TOO_MANY_PARTS)
            return replace(node, is_rest=True)
        boundary = self._boundary(node)
        spans = list(self._spans(node, boundary)) if boundary else []
        if not spans:
            self.note(Note.NO_BOUNDARY)
            return replace(node, head=node.head.without("content-type"))
        return replace(node, children=tuple([self._child(node, *span, depth + 1) for span in spans]))

    def _child(self, parent: Node, start: int, end: int, is_rest: bool, depth: int) -> Node:
        usual = "message/rfc822" if parent.head.content_type == "multipart/digest" else "text/plain"
        head = heads.read(self.raw, start, end, default_type=usual)
        return self._grown(Node(head, head.end, end, is_rest=is_rest), depth)

    def _boundary(self, node: Node) -> bytes:
        """As the head names it; where it names none, what looks like one in the body."""
        named = node.head.parameter("boundary").rstrip()
        if named and len(named) <= LONGEST_BOUNDARY:
            return named.encode("utf-8", "replace")
        found = LIKELY_DELIMITER.search(self.raw, node.start, min(node.end, node.start + WITHIN))
        return found[1] if found else b""

    def _spans(self, node: Node, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
        """Where the parts stand; the last one of too many is all that is left."""
        start, is_open = 0, False
        for line, behind, is_close in self._delimiters(node, boundary):
            if self.parts >= MOST_PARTS:
                self.note(Note.TOO_MANY_PARTS)
                break
            if is_open:
                self.parts += 1
                yield start, _before_line_end(self.raw, line, start), False
            start, is_open = behind, not is_close
        else:
            if is_open:
                self.note(Note.CUT_OFF)
        if is_open:
            self.parts += 1
            yield start, node.end, self.parts > MOST_PARTS

    def _delimiters(self, node: Node, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
        """Each boundary line: where it starts, where it ends, whether it is the closing one."""
        wanted, misses = b"\n--" + boundary, 0
        position = self.raw.find(wanted, max(node.start - 1, 0), node.end) if node.start else -1
        while position >= 0 and misses < MOST_FALSE_BOUNDARIES:
            behind = position + len(wanted)
            found = DELIMITER_END.match(self.raw, behind, node.end)
            if found:
                yield position + 1, found.end(), found[1] is not None
                behind = found.end() - 1  # the line end may be the next one's
            else:
                misses += 1
            position = self.raw.find(wanted, behind, node.end)


def one_kind_of_line_end(raw: bytes) -> bytes:
    """The mail as it is, unless its lines end in bare carriage returns, as on old Macs."""
    return raw.replace(b"\r", b"\n") if b"\r" in raw and b"\n" not in raw else raw


def _start(raw: bytes) -> int:
    """Where the first header field begins: behind blank lines, a byte order mark, and an mbox's “From ” line."""
    start = LEADING.match(raw).end()  # type: ignore[union-attr]  # matches everything
    found = FROM_LINE.match(raw, start)
    return found.end() if found else start


def _before_line_end(raw: bytes, line: int, start: int) -> int:
    """The end of a part in front of a boundary line: the line end between them is the boundary's."""
    end = line - 1
    if raw[end - 1 : end] == b"\r":
        end -= 1
    return max(end, start)
