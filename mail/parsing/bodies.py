"""Goes through the parts of a mail: what is for reading, and what is a file."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from mail.models import Message
from mail.parsing import cms, files, texts, transfer
from mail.parsing.files import File
from mail.parsing.heads import Head
from mail.parsing.letter import MOST_HTML, MOST_TEXT, Part
from mail.parsing.structure import Node, Tree
from mail.parsing.texts import Piece

Note = Message.Note
READABLE = frozenset({"text/plain", "text/html"})
# text that is made for programs
FILES = frozenset(f"text/{name}" for name in ("calendar", "vcard", "x-vcard", "directory", "csv", "css", "javascript", "xml", "rtf"))
FILES |= {"text/rfc822-headers", "text/tab-separated-values"}
DOUBLES = frozenset({"text/x-amp-html", "text/watch-html", "text/x-watch-html"})  # the same mail once more, for certain programs
ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
MOST_WRAPS = 3
RESOURCE_FORK = "application/applefile"
PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"


@dataclass
class Reader:
    """Reads one mail's parts in order."""

    tree: Tree
    files: list[File] = field(default_factory=list)
    has_status: bool = False  # whether a mail server reports on a delivery
    has_words: bool = False
    wraps: int = 0  # signatures around it that were taken off

    def read(self, node: Node) -> list[Piece]:
        """What there is to read in a part; its files are put aside."""
        kind = node.head.content_type
        if node.is_rest:
            self._put_aside(
                Head((), node.head.start, node.head.start, default_type="message/rfc822"), self._bytes(node, whole=True), "rest.eml"
            )
            return []
        if kind == "multipart/alternative" and node.children:
            return texts.chosen([self.read(child) for child in node.children if child.head.content_type not in DOUBLES])
        if node.children:
            return list(chain.from_iterable(self.read(child) for child in self._of_interest(node, kind)))
        return self._leaf(node, kind)

    def _of_interest(self, node: Node, kind: str) -> Iterator[Node]:
        if kind == "multipart/encrypted":
            self.tree.note(Note.ENCRYPTED)
        is_double = kind == "multipart/appledouble" and len(node.children) > 1
        for child in node.children:
            if not (is_double and child.head.content_type == RESOURCE_FORK):  # icons and window places of an old Mac
                yield child

    def _leaf(self, node: Node, kind: str) -> list[Piece]:
        content = self._decoded(node, kind)
        if kind.startswith("text/") and self._is_read(node.head, kind):
            return self._written(node.head, kind, content)
        self.has_status |= kind == "message/delivery-status"
        if content or files.name_of(node.head):
            self._put_aside(node.head, content)
        return self._unwrapped(node.head, content) if kind in ENVELOPES else []

    def _unwrapped(self, head: Head, content: bytes) -> list[Piece]:
        """What a signature wraps is read; what is encrypted stays closed."""
        inside = cms.signed_content(content) if self.wraps < MOST_WRAPS else None
        if inside:
            tree = Tree(inside, self.tree.notes, self.tree.parts)
            return Reader(tree, self.files, wraps=self.wraps + 1).read(tree.grow())
        is_signed = head.parameter("smime-type").lower() in ("signed-data", "certs-only")
        self.tree.note(Note.SIGNED_INSIDE if is_signed else Note.ENCRYPTED)
        return []

    def _is_read(self, head: Head, kind: str) -> bool:
        """Whether a text is for reading. One with a file's name is if it comes first: some programs name the mail itself."""
        if head.disposition == "attachment" or kind in FILES:
            return False
        is_resource = bool(self.has_words and (head.first("content-id") or head.first("content-location")) and kind == "text/html")
        return not is_resource and (not files.name_of(head) or (kind in READABLE and not self.has_words))

    def _written(self, head: Head, kind: str, content: bytes) -> list[Piece]:
        piece = texts.written(content, head)
        shown = piece.text if piece.text is not None else piece.html or ""
        is_cut = len(shown) >= (MOST_HTML if kind == "text/html" else MOST_TEXT)
        self._note_faults(shown, is_cut)
        if is_cut or head.parameter("filename", "content-disposition"):
            self._put_aside(head, content)
        if piece.text and "\nbegin " in f"\n{piece.text}":
            piece = self._without_uu_files(piece.text)
        self.has_words |= bool(shown.strip())
        return [piece]

    def _note_faults(self, shown: str, is_cut: bool) -> None:
        for note, is_so in ((Note.CUT_TEXT, is_cut), (Note.UNKNOWN_LETTERS, "\ufffd" in shown), (Note.ENCRYPTED, PGP_MESSAGE in shown)):
            if is_so:
                self.tree.note(note)

    def _without_uu_files(self, text: str) -> Piece:
        rest, found = transfer.take_uu_files(text)
        for name, content in found:
            self._put_aside(Head((), 0, 0, default_type="application/octet-stream"), content, name)
        return Piece(text=rest)

    def _put_aside(self, head: Head, content: bytes, name: str = "") -> None:
        file = files.file_of(head, content)
        self.files.append(replace(file, part=replace(file.part, name=files.tidy(name))) if name else file)

    def _decoded(self, node: Node, kind: str) -> bytes:
        content, is_sound = transfer.decode(self._bytes(node), node.head.word("content-transfer-encoding"))
        if not is_sound:
            self.tree.note(Note.BROKEN_ENCODING)
        return content

    def _bytes(self, node: Node, *, whole: bool = False) -> bytes:
        return self.tree.raw[node.head.start if whole else node.start : node.end]


def parts_of(reader: Reader, html: str) -> tuple[tuple[Part, ...], str]:
    """The files that were put aside, and the HTML as it names them."""
    return files.settled(reader.files, html)
