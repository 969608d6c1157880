"""Takes our own pixels and links out of HTML: what is quoted, pasted or shown here must count for nobody."""

from tracking import links, markup, tokens

TRACKED = frozenset({"img", "a", "area"})


def strip_own(html: str) -> str:
    """The same HTML without our pixels, our links leading straight to their targets; all else stays byte for byte."""
    body = html.removeprefix("\ufeff")
    if tokens.PIXEL_START not in body and tokens.LINK_START not in body:
        return html
    spans = []
    for element in markup.elements(markup.parse(body), TRACKED):
        span = _without_pixel(body, element) if element.name == "img" else _unwrapped(body, element)
        if span:
            spans.append(span)
    return html[: len(html) - len(body)] + markup.splice(body, spans)


def _without_pixel(html: str, element: markup.Element) -> markup.Span | None:
    src = element.attributes.get("src", "").strip(links.WHITE)
    proxied = src.partition("#")[2]  # Gmail's image proxy names the original behind a hash
    if is_own_pixel(src) or is_own_pixel(proxied):
        return markup.Span(*markup.tag_span(html, element.start), "")
    return None


def _unwrapped(html: str, element: markup.Element) -> markup.Span | None:
    target = own_target(element.attributes.get("href", "").strip(links.WHITE))
    span = markup.value_span(html, element.start, "href")
    return markup.Span(*span, markup.quoted(target)) if target and span else None


def is_own_pixel(url: str) -> bool:
    """Whether an address is one of our pixels: at one of our hosts, or signed by us for a host that we had before."""
    path = _path(url).partition("?")[0]
    is_one = path.startswith(tokens.PIXEL_START) and path.endswith(tokens.PIXEL_END)
    return is_one and (links.is_own(url) or tokens.read_pixel(path) is not None)


def own_target(url: str) -> str | None:
    """Where a link of ours leads: at our hosts signed with whatever key, elsewhere if the signature is ours; None for any other."""
    path, _, query = _path(url).partition("#")[0].partition("?")
    if not tokens.LINK.fullmatch(path) or not (links.is_own(url) or tokens.read_link(path, query)):
        return None
    target = tokens.target_in(query)
    return target if target and tokens.is_legal_target(target) else None


def _path(url: str) -> str:
    """Path, query and fragment of an absolute address, or nothing."""
    return "/" + "/".join(url.split("/", 3)[3:]) if "://" in url else ""
