"""A mail's bytes read as a Letter."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mail.parsing import automatic, bodies, dates, keys, mailboxes, structure, texts, words
from mail.parsing.letter import MAX_SUBJECT, Letter, Unreadable
from mail.parsing.structure import Node, Tree

HEADERS_WITHIN = 256 * 1024  # bytes
TELLING = frozenset(b"from to cc subject date sender received message-id return-path delivered-to mime-version content-type".split())
OTHER_FILES = (  # what these bytes begin is no mail, whatever the file's name says
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", gettext_lazy("It is a message of Outlook’s own format (.msg). Save it as .eml and try again.")),
)


def read(raw: bytes) -> Letter:
    """Everything that the bytes of one mail say. Raises Unreadable when they are none, and nothing else."""
    raw = structure.one_kind_of_line_end(raw)
    tree = Tree(raw)
    root = tree.grow()
    _see_that_it_is_a_mail(raw, root)
    return _letter(tree, root)


def has_headers(raw: bytes) -> bool:
    """Whether a file begins as a mail does."""
    tree = Tree(structure.one_kind_of_line_end(raw[:HEADERS_WITHIN]))
    return any(name in TELLING for name, _value in tree.head().fields)


def _letter(tree: Tree, root: Node) -> Letter:
    head, reader = tree.head(), bodies.Reader(tree)
    pieces = reader.read(root)
    parts, html = bodies.parts_of(reader, texts.as_html(pieces))
    sender, subject = mailboxes.first(head, "from"), words.decode(head.first("subject"))[:MAX_SUBJECT]
    if not sender.email:
        sender = mailboxes.first(head, "sender") if mailboxes.first(head, "sender").email else sender
    return Letter(
        message_id=keys.message_id(head),
        in_reply_to=keys.in_reply_to(head),
        references=keys.references(head),
        subject=subject,
        sender=sender,
        reply_to=mailboxes.read(head, "reply-to"),
        to=mailboxes.read(head, "to"),
        cc=mailboxes.read(head, "cc"),
        bcc=mailboxes.read(head, "bcc"),
        dated_at=dates.dated_at(head),
        received_at=dates.received_at(head),
        text=texts.as_text(pieces),
        html=html,
        parts=parts,
        automatic=automatic.kind_of(head, sender=sender, subject=subject, has_status=reader.has_status),
        list_id=words.decode(head.first("list-id"))[:MAX_SUBJECT],
        list_unsubscribe=words.decode(head.first("list-unsubscribe"))[:2_000],
        notes=tuple(tree.notes),
        content_key=keys.key_of(head, tree.raw[root.start :]),
    )


def _see_that_it_is_a_mail(raw: bytes, root: Node) -> None:
    """Raises Unreadable."""
    if not raw.strip():
        raise Unreadable(_("It is empty."))
    for beginning, sentence in OTHER_FILES:
        if raw.startswith(beginning):
            raise Unreadable(str(sentence))
    if not root.head.fields and b"\0" in raw[:4_096]:
        raise Unreadable(_("It is no mail: it has no headers, and it is no text."))
