"""Filling a template's merge fields, by Liquid: what somebody typed is read as a template here and nowhere else.

A template sees a plain dictionary of strings and no object. It may use the fields that `merge_fields.find` knows, a few harmless
filters and conditions; loops, includes, assignments and ranges, which can run long or grow without bound, are not there.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, TextIO, cast
from urllib.parse import quote

import lxml.html
from django.utils.translation import gettext as _
from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, LiquidSyntaxError
from liquid.expression import Expression
from liquid.stream import TokenStream
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate

from mail import body
from mail.merge_fields import MergeField, find

MAX_TEMPLATE = 2_000_000  # characters, pictures inside of the text included
MAX_MARKS, MAX_MARK = 300, 500
FILTERS = {"default", "capitalize", "upcase", "downcase", "strip", "truncate", "truncatewords"}
BLOCKS = {"if": ("elsif", "else"), "unless": ("elsif", "else"), "case": ("when", "else"), "comment": ()}
TAGS = {name for block, inner in BLOCKS.items() for name in (block, f"end{block}", *inner)} | {"#"}
PARSED = {"content", "output", "illegal", "#", *BLOCKS}
MARK = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*)\}\}|\{%((?:(?!\{%|%\}).)*)%\}", re.DOTALL)
OPENING = re.compile(r"\{\{|\{%")
HTML_TAG = re.compile(r'(<(?:[^<>"]|"[^"]*")*>)')
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
OPEN, PART, CLOSE = "\ue000", "\ue001", "\ue002"  # frame what a field put out until it is known where it stands
FRAMED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){PART}([^{OPEN}{CLOSE}]*){PART}([^{OPEN}{CLOSE}]*){CLOSE}")
FRAMES = re.compile(f"[{OPEN}{PART}{CLOSE}]")


class CannotFill(Exception):
    """The template is none: `sentence` tells what is wrong with it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Piece:
    """What one `{{ … }}` put out: its source, its value ("" when missing) and the field that it shows, if it shows one."""

    source: str
    value: str
    field: MergeField | None

    @property
    def is_missing(self) -> bool:
        return self.field is not None and not self.value

    @property
    def shown(self) -> str:
        return self.field.placeholder if self.field and not self.value else self.value


def check_text(source: str) -> None:
    """Raises CannotFill unless this can be a subject."""
    _parse(source)


def check_html(source: str) -> None:
    """Raises CannotFill unless this can be a body."""
    _parse(_plain_marks(source))


def fill_text(source: str, values: dict[str, str]) -> str:
    """A subject filled; placeholders stand for what is missing. Raises CannotFill."""
    return FRAMED.sub(lambda frame: _piece(frame).shown, _render(source, values))


def fill_html(source: str, values: dict[str, str]) -> str:
    """A body filled and clean, each field in a span that says what it was made from. Raises CannotFill."""
    pieces = HTML_TAG.split(_render(_plain_marks(source), values))
    filled = [_fill_tag(one) if index % 2 else FRAMED.sub(_as_span, one) for index, one in enumerate(pieces)]
    return body.clean("".join(filled), keeps_fields=True)


def fill_again(sources: list[str], values: dict[str, str]) -> list[Piece | None]:
    """The pieces for the sources that spans tell of, for other recipients; None for what is no single field."""
    return [_one_piece(source, values) for source in sources[:MAX_MARKS]]


def as_template(html: str) -> str:
    """The body of a mail as a template: what was filled in becomes its field again."""
    root: Any = lxml.html.fragment_fromstring(html, create_parent="div")
    for span in list(root.iter("span")):
        if source := span.get("data-merge"):
            span.text = f"{{{{ {source} }}}}"
            span[:] = []
            span.drop_tag()
    return body.clean(escape(root.text or "") + "".join(lxml.html.tostring(child, encoding="unicode") for child in root))


def in_words(source: str) -> str:
    """A subject or first words for a list: fields by what they are called, conditions left out."""
    return MARK.sub(lambda mark: _called(mark.group(1) or ""), source)


def _called(expression: str) -> str:
    name = expression.partition("|")[0].strip("- \t\r\n\xa0")
    field = find([name]).get(name)
    return f"[{field.label}]" if field else ""


def _one_piece(source: str, values: dict[str, str]) -> Piece | None:
    try:
        frame = FRAMED.fullmatch(_render(f"{{{{ {source} }}}}", values))
    except CannotFill:
        return None
    piece = _piece(frame) if frame else None
    return piece if piece and piece.field else None


def _plain_marks(html: str) -> str:
    """The HTML with its marks as Liquid reads them: without what an editor made of quotes, spaces and formatting in them."""
    return MARK.sub(lambda mark: unescape(body.TAG.sub("", mark.group())).replace("\xa0", " "), html)


def _piece(frame: re.Match[str]) -> Piece:
    source, value, name = (unescape(part) for part in frame.groups())
    return Piece(source, value, find([name]).get(name))


def _as_span(frame: re.Match[str]) -> str:
    piece = _piece(frame)
    if piece.field is None:
        return escape(piece.shown)
    css = "candor_field candor_missing" if piece.is_missing else "candor_field"
    return f'<span class="{css}" data-merge="{escape(piece.source)}">{escape(piece.shown)}</span>'


def _fill_tag(tag: str) -> str:
    return ATTRIBUTE.sub(lambda found: f'{found[1]}="{FRAMED.sub(_in_attribute(found[1]), found[2])}"', tag)


def _in_attribute(name: str) -> Callable[[re.Match[str]], str]:
    if name in ("href", "src"):
        return lambda frame: quote(_piece(frame).shown, safe="@[]")
    return lambda frame: escape(_piece(frame).shown)


def _render(source: str, values: dict[str, str]) -> str:
    """The template with each output framed. Whatever the library raises of a stranger's text, the text is to blame."""
    template, used = _parse(source)
    nested: dict[str, dict[str, str]] = {}
    for name, field in used.items():
        group, _dot, key = name.partition(".")
        if field.name in values:
            nested.setdefault(group, {})[key] = values[field.name]
    try:
        return template.render(**nested)
    except Exception as error:
        raise CannotFill(_("This template cannot be filled in.")) from error


def _parse(source: str) -> tuple[BoundTemplate, dict[str, MergeField]]:
    """The template, and the fields that it uses by the names that they have there."""
    source = FRAMES.sub("", source)
    _check_marks(source)
    try:
        template = ENVIRONMENT.from_string(source)
        expressions = list(_expressions(template.nodes, RenderContext(template)))
    except LiquidError as error:
        raise CannotFill(_unclear(error, source)) from error
    except Exception as error:
        raise CannotFill(_("This template cannot be read.")) from error
    used = find({_name(expression) for expression in expressions if isinstance(expression, Path)})
    for expression in expressions:
        _check_expression(expression, used)
    return template, used


def _check_marks(source: str) -> None:
    """That every mark is closed, short, and one of those that there are, before the library sees any."""
    marks = list(MARK.finditer(source))
    left = OPENING.search(MARK.sub("", source))
    if left:
        raise CannotFill(_("A “%(opening)s” is never closed.") % {"opening": left.group()})
    if len(source) > MAX_TEMPLATE or len(marks) > MAX_MARKS or any(len(mark.group()) > MAX_MARK for mark in marks):
        raise CannotFill(_("This is too long for a template."))
    for mark in marks:
        if mark.group().startswith("{%"):
            _check_tag(mark)
        elif not mark.group(1).strip("- \t\r\n"):
            raise CannotFill(_not_understood(mark.group()))


def _check_tag(mark: re.Match[str]) -> None:
    words = mark.group(2).strip("- \t\r\n").split()
    if not words or (words[0] not in TAGS and not words[0].startswith("#")):
        sentence = _("“%(mark)s” cannot be used here: there are only if, unless and case.")
        raise CannotFill(sentence % {"mark": mark.group()[:60]})


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        for expression in node.expressions():
            yield expression
            yield from _inside(expression)
        yield from _expressions(node.children(context), context)


def _inside(expression: Expression) -> Iterator[Expression]:
    for child in expression.children():
        yield child
        yield from _inside(child)


def _check_expression(expression: Expression, known: dict[str, MergeField]) -> None:
    if isinstance(expression, RangeLiteral):
        raise CannotFill(_("Ranges such as (1..3) cannot be used here."))
    if isinstance(expression, Path) and _name(expression) not in known:
        raise CannotFill(_("There is no field “%(name)s”. Take one from “Insert field”.") % {"name": str(expression)[:60]})
    if isinstance(expression, FilteredExpression):
        for used in expression.filters or ():
            _check_filter(used.name)


def _name(path: Path) -> str:
    return ".".join(part if isinstance(part, str) else "?" for part in path.path)


def _check_filter(name: str) -> None:
    if name not in FILTERS:
        sentence = _("“| %(name)s” cannot be used here: there are only %(known)s.")
        raise CannotFill(sentence % {"name": name[:40], "known": ", ".join(sorted(FILTERS))})


def _unclear(error: LiquidError, source: str) -> str:
    """Where a template stops to make sense."""
    if isinstance(error, LiquidSyntaxError) and str(error.message).startswith("expected tag end"):
        return _("A “{%% %(name)s %%}” has no end.") % {"name": str(error.message).split()[2].rstrip(",").removeprefix("end")}
    if error.token and str(error.message).startswith("unexpected tag"):
        return _("“{%% %(name)s %%}” stands alone.") % {"name": error.token.value}
    start = error.token.start_index if error.token else -1
    near = next((mark.group() for mark in MARK.finditer(source) if mark.start() <= start < mark.end()), "")
    return _not_understood(near) if near else _("This template cannot be read.")


def _not_understood(mark: str) -> str:
    return _("“%(mark)s” cannot be understood.") % {"mark": mark[:60]}


class _FramedNode(OutputNode):
    """An output that says what it shows, so that it can be put where it stands in the right way."""

    __slots__ = ("source",)
    source: str

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = FRAMES.sub("", to_liquid_string(self.expression.evaluate(context), False))
        first = next((one for one in _inside(self.expression) if isinstance(one, Path)), None)
        name = _name(first) if first else ""
        return buffer.write(f"{OPEN}{escape(self.source)}{PART}{escape(value)}{PART}{escape(name)}{CLOSE}")


class _FramedOutput(Output):
    """Keeps the words of each output beside what they mean."""

    node_class = _FramedNode

    def parse(self, stream: TokenStream) -> OutputNode:
        words = stream.peek.value
        node: Any = super().parse(stream)
        node.source = words.strip()
        return cast(OutputNode, node)


class _Environment(Environment):
    """Liquid without what can run long, grow without bound or read anything else."""

    output_stream_limit = 2 * MAX_TEMPLATE
    loop_iteration_limit = 0
    local_namespace_limit = 0

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters()
        self.add_tag(_FramedOutput)
        self.tags = {name: tag for name, tag in self.tags.items() if name in PARSED}
        self.filters = {name: act for name, act in self.filters.items() if name in FILTERS}


ENVIRONMENT = _Environment()
