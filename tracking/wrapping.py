"""Addresses that others wrapped: what mail gateways, image proxies and webmails put around the address that they found in a mail.

Whoever wraps, the original is inside: behind a hash, as a parameter, as the rest of a path, or in a spelling of the gateway's own.
Whether an address that is found so is one of ours is for its signature to say, hence no list of hosts is kept here.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from urllib.parse import unquote

DEEPEST = 4  # gateways of both sides and a webmail around them
LONGEST = 16_000  # characters; what is longer was wrapped by nobody
ABSOLUTE = re.compile(r"https?:/{1,2}[^/]", re.IGNORECASE)
IN_PATH = re.compile(r"[^:/?#]+://[^/?#]*/[^?#]*?(https?(?::|%3a)(?:/|%2f){2}.*)", re.IGNORECASE)
DEFENSE_V2 = re.compile(r"https?://urldefense\.(?:proofpoint\.)?(?:com|us)/v2/", re.IGNORECASE)
DEFENSE_V3 = re.compile(r"https?://urldefense\.(?:proofpoint\.)?(?:com|us)/v3/__(.+)__;([\w=-]*)!", re.IGNORECASE)
RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # a run's length, from two on, in version 3
STARS = re.compile(r"\*(?:\*(.))?")
V2_LETTERS = str.maketrans("-_", "%/")


def layers(url: str) -> Iterator[str]:
    """The address itself, then every address that it may be wrapped around, the outer ones first."""
    waiting = [(url, 0)]
    while waiting:
        address, depth = waiting.pop(0)
        yield address
        if depth < DEEPEST and len(address) <= LONGEST:
            waiting += [(inner, depth + 1) for find in FORMS for inner in find(address) if ABSOLUTE.match(inner)]


def _behind_the_hash(url: str) -> Iterator[str]:
    """Gmail: `https://ci3.googleusercontent.com/meips/…=s0-d-e1-ft#https://…`."""
    yield url.partition("#")[2]


def _as_parameter(url: str) -> Iterator[str]:
    """Microsoft `?url=`, Barracuda `?a=`, Google `?q=`, Yahoo's image proxy `?url=`; encoded once, or in base64 (Sophos `?u=`)."""
    for part in url.partition("?")[2].partition("#")[0].split("&"):
        value = unquote(part.partition("=")[2])
        yield _from_base64(value) if value.startswith("aHR0c") else value


def _as_rest_of_the_path(url: str) -> Iterator[str]:
    """Cisco: `https://secure-web.cisco.com/<ticket>/https%3A%2F%2F…`."""
    if match := IN_PATH.match(url):
        yield unquote(match[1]) if "%" in match[1][:8] else match[1]


def _of_url_defense(url: str) -> Iterator[str]:
    """Proofpoint's spellings: version 2 writes `-` for % and `_` for /, version 3 keeps odd letters apart behind `__;`."""
    if DEFENSE_V2.match(url):
        for part in url.partition("?")[2].split("&"):
            if part.startswith("u="):
                yield unquote(part[2:].translate(V2_LETTERS))
    elif match := DEFENSE_V3.match(url):
        yield _filled(unquote(match[1]), _from_base64(match[2]))


def _filled(url: str, letters: str) -> str:
    """The address with its letters in place of the stars: `*` is one of them, `**B` three in a row."""
    left = iter(letters)

    def letters_of(star: re.Match[str]) -> str:
        count = RUNS.find(star[1]) + 2 if star[1] else 1
        return "".join(letter for _, letter in zip(range(count), left, strict=False))

    filled = STARS.sub(letters_of, url)
    return re.sub(r"^(https?:/)(?=[^/])", r"\1/", filled, flags=re.IGNORECASE)  # some servers fold the two strokes of a path


def _from_base64(text: str) -> str:
    try:
        return urlsafe_b64decode(text.rstrip("=").translate(str.maketrans("+/", "-_")) + "=" * (-len(text.rstrip("=")) % 4)).decode()
    except ValueError:
        return ""


FORMS: tuple[Callable[[str], Iterator[str]], ...] = (_behind_the_hash, _as_parameter, _as_rest_of_the_path, _of_url_defense)
