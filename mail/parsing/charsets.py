"""Bytes to text, whatever charset they claim: labels of mail programs, lies, and no label at all (WHATWG Encoding for the former)."""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache

from charset_normalizer import from_bytes

# Only these: others are no charsets (“rot13”), take a square of time (“punycode”) or warn (“unicode_escape”).
CODECS = frozenset(
    """
    ascii utf-8 utf-8-sig utf-7 utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be
    big5 big5hkscs cp949 cp950 cp932 euc_jp euc_kr euc_jis_2004 shift_jis shift_jis_2004 shift_jisx0213 gb18030 gb2312 gbk hz
    iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_3 iso2022_jp_ext iso2022_kr johab
    koi8-r koi8-u koi8-t kz1048 ptcp154 mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish mac-iceland tis-620
    cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869
    cp874 cp1006 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13
    iso8859-14 iso8859-15 iso8859-16
    """.split()  # noqa: SIM905 - a list of words
)
LABELS = {
    # what is written as the smaller charset mostly is the larger one
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
    # names that Python does not know
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "x-windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "x-gb": "gb18030",
    "gb_2312-80": "gb18030",
    "cn-gb": "gb18030",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "hz-gb-2312": "hz",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "koi": "koi8-r",
    "koi8": "koi8-r",
}
STATEFUL = ("utf-7", "utf-16", "utf-32", "hz", "iso2022")  # bytes below 128 may be other letters than they look
SINGLE_BYTE = ("cp", "iso8859", "koi8", "mac", "ascii")  # these take any bytes for their letters, UTF-8's as well
GUESSED = [
    "utf-8",
    "cp1251",
    "koi8-r",
    "cp1252",
    "cp1250",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
]
SAMPLE = 2_000  # bytes that a guess looks at
FOREIGN = re.compile(rb"[\x80-\xff]{3,}")  # three letters in a row that are not ASCII are rare where Latin ones are written
SURROGATE = re.compile("[\ud800-\udfff]")
UNKNOWN, BYTE_ORDER_MARK = "\ufffd", "\ufeff"


def decode(content: bytes, charset: str = "") -> str:
    """The text; letters that cannot be read are U+FFFD. Without NULs and lone surrogates, which PostgreSQL refuses."""
    codec = codec_of(charset)
    if content.isascii() and not codec.startswith(STATEFUL) and b"\x1b$" not in content:
        return content.decode("ascii").replace("\0", "")
    return clean(next(_readings(content, codec))).removeprefix(BYTE_ORDER_MARK)


def clean(text: str) -> str:
    """The text without what PostgreSQL or UTF-8 refuse."""
    if text.isascii():
        return text.replace("\0", "")
    return SURROGATE.sub(UNKNOWN, text.replace("\0", ""))


@lru_cache(maxsize=256)
def codec_of(label: str) -> str:
    """Python's codec for a label; "" for one that means nothing."""
    label = label.strip().strip("\"'<>").lower()[:60]
    try:
        name = codecs.lookup(LABELS.get(label, label)).name if label.isascii() else ""
    except (LookupError, ValueError):
        name = ""
    return LABELS.get(name, name) if name in CODECS else ""


def _readings(content: bytes, codec: str) -> Iterator[str]:
    """Texts that the bytes may be, the likeliest first; the last one is always there."""
    for candidate in _candidates(content, codec):
        try:
            yield content.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    yield content.decode(codec or "cp1252", "replace")


def _candidates(content: bytes, codec: str) -> Iterator[str]:
    is_certain = bool(codec) and not codec.startswith(SINGLE_BYTE)
    if is_certain:
        yield codec
    yield "utf-8"  # that other text happens to be valid UTF-8 is next to impossible
    if not codec and b"\x1b$" in content:
        yield "iso2022_jp_ext"
    if not is_certain and (not codec or codec == "cp1252") and _looks_foreign(content):
        yield from _guess(content)
    if codec and not is_certain:
        yield codec
    if not codec:
        yield "cp1252"


def _looks_foreign(content: bytes) -> bool:
    sample = content[: SAMPLE * 10]
    foreign = sum(map(len, FOREIGN.findall(sample)))
    return foreign * 2 > sum(byte > 0x7F for byte in sample)


def _guess(content: bytes) -> Iterator[str]:
    """What the lines that are not ASCII look like."""
    sample = b"\n".join(line for line in content[: SAMPLE * 10].split(b"\n") if not line.isascii())[:SAMPLE]
    best = from_bytes(sample, cp_isolation=GUESSED).best()
    if best:
        yield LABELS.get(best.encoding, best.encoding)
