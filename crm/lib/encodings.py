"""In which encoding a file of text was written: nobody who exports a table knows, so it is guessed from the bytes."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from charset_normalizer import from_bytes

MARKS: Final = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}  # the longer ones first
SAMPLE: Final = 50_000  # bytes that are looked at
# What people of these encodings write, and what it weighs: letters that mean something else in the other one decide
LETTERS: Final[Mapping[str, Mapping[str, float]]] = {
    "cp1252": {
        **dict.fromkeys("äöüßÄÖÜéèêëàâçîïôùûñóíáúåæøÅÆØãÉÈÀÇÓÑÍÁÚœŒ", 1.0),
        **dict.fromkeys("õÊÂÔÎÕ", 0.5),
        **dict.fromkeys("’“”„–—€…«»°§\xa0‘´", 0.2),
    },
    "cp1250": {
        **dict.fromkeys("ěščřžýáíéůúťďňĚŠČŘŽÝÁÍÉŮÚŤĎŇóÓąćęłńśźżĄĆĘŁŃŚŹŻőűŐŰöüÖÜäßľĽđĐşţ", 1.0),
        **dict.fromkeys("ăâîĺŕëç", 0.5),
        **dict.fromkeys("’“”„–—€…«»°§\xa0‘´", 0.2),
    },
}
CYRILLIC: Final = ("cp1251", "koi8_r", "cp866", "iso8859_5")
ASIAN: Final = ("shift_jis", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp949")
RARER: Final = ("cp1253", "cp1255", "cp1256", "iso8859_7")
LAST_RESORT: Final = "cp1252"


def guess(content: bytes) -> str:
    """The name of the encoding, one that Python knows and that `content` can be decoded by, if need be with replacements."""
    marked = next((name for mark, name in MARKS.items() if content.startswith(mark)), "")
    return marked or _wide(content) or _utf8(content) or _single(_telling(content))


def decode(content: bytes, encoding: str) -> str:
    """The text without its mark; what does not fit is read as Windows-1252, which knows nearly every byte."""
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return content.decode(LAST_RESORT, errors="replace")


def _wide(content: bytes) -> str:
    """UTF-16 without a mark: every other byte of Western text is nought."""
    head = content[:200]
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > len(head) // 4 else ""


def _utf8(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def _telling(content: bytes) -> bytes:
    """Lines that are not plain ASCII, as many as are needed to know."""
    found, size = [], 0
    for line in content.splitlines():
        if not line.isascii():
            found.append(line[:2000])
            size += len(found[-1])
        if size > SAMPLE:
            break
    return b"\n".join(found)


def _single(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=[*LETTERS, *CYRILLIC, *ASIAN, *RARER]).best()
    if best and best.encoding in (*ASIAN, *RARER) and _unmixed(sample.decode(best.encoding, errors="replace")) > 0:
        return "cp932" if best.encoding == "shift_jis" else best.encoding
    scores = {name: _score(sample, name) for name in (*LETTERS, *CYRILLIC)}
    likeliest = max(scores, key=lambda name: scores[name])
    return likeliest if scores[likeliest] > 0 else LAST_RESORT


def _score(sample: bytes, encoding: str) -> float:
    """How much the bytes look like what people write in it; less than nothing where they do not."""
    text = sample.decode(encoding, errors="replace")
    if encoding in CYRILLIC:
        return sum(_cyrillic(text, place) for place, character in enumerate(text) if not character.isascii())
    known = LETTERS[encoding]
    return sum(known.get(character, -1.0) for character in text if not character.isascii())


def _unmixed(text: str) -> int:
    """More than nothing where letters of another script make words of their own, instead of standing among Latin ones."""
    score = 0
    for place, character in enumerate(text):
        if not character.isascii():
            around = text[place - 1 : place] + text[place + 1 : place + 2]
            is_mixed = any(one.isascii() and one.isalpha() for one in around)
            score += 1 if character.isalpha() and not is_mixed else -1
    return score


def _cyrillic(text: str, place: int) -> float:
    character, before = text[place], text[place - 1] if place else " "
    if not unicodedata.name(character, "").startswith("CYRILLIC"):
        return 0.2 if character in "’“”„–—€…«»№\xa0" else -1.0
    if (before.isascii() and before.isalpha()) or (character.isupper() and before.islower()):
        return -1.0  # nobody writes so: the letters are others in truth
    return 1.0
