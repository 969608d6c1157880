"""Texts as the index has them: words of small letters without accents, one blank between them.

SQLite calls these functions from its triggers, as `candor_…`; PostgreSQL has its own in SQL (`postgresql`), which give the same.
"""

import json
import re
import string
import unicodedata
from typing import Any

LONGEST = 20_000  # characters of a text that are indexed
LONGEST_WORD = 60  # letters
PUNCTUATION = "".join(chr(code) for code in range(32)) + string.punctuation
MARKS = "".join(chr(code) for code in range(0x300, 0x370))
LETTERS = {  # what Unicode takes for letters of their own and people do not
    **{"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"},
    **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ς": "σ"},
}
LATIN = {  # of folded letters, so й is и and ё is е already
    **dict(zip("абвгдезиклмнопрстуфыэіґє", "abvgdeziklmnoprstufyeige", strict=True)),
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""},
}
SHORTEST_NUMBER = 4  # digits of a phone number's end that may be asked for
LONGEST_NUMBER = 15  # digits, ITU-T E.164
TRUNK = "(0)"  # is not dialled together with the country's code
SPELT = range(3, 41)  # letters of words that can be misspelt or asked for by their middle

_blanks = str.maketrans(dict.fromkeys(PUNCTUATION, " "))
_no_marks = str.maketrans(dict.fromkeys(MARKS, ""))
_letters = str.maketrans(LETTERS)
_latin = str.maketrans(LATIN)
_no_word = re.compile(r"[\W_]+")
_no_digit = re.compile(r"[^0-9]+")
_cyrillic = re.compile(r"[а-яіґє]")


def folded(text: str) -> str:
    """For example "Müller-Groß & Łuk" → "muller gross luk"."""
    if text.isascii():
        return " ".join(text.lower().translate(_blanks).split())
    plain = unicodedata.normalize("NFKD", text).translate(_no_marks).lower().translate(_letters)
    return " ".join(_no_word.sub(" ", plain).split())


def latin(words: str) -> str:
    """Folded words in Latin letters where they have Cyrillic ones, else ""."""
    return "" if words.isascii() or not _cyrillic.search(words) else words.translate(_latin)


def digits_of(number: str) -> str:
    return _no_digit.sub("", number.replace(TRUNK, ""))[-LONGEST_NUMBER:]


def numbers(phones: str) -> str:
    """Every end of every number, one number a line: so the beginning of an end is any piece of it."""
    found = [digits_of(phone) for phone in phones.split("\n")]
    return " ".join(one[start:] for one in found for start in range(len(one) - SHORTEST_NUMBER + 1))


def words(name: str, text: str, phones: str) -> str:
    """What is indexed besides the name itself."""
    return " ".join(filter(None, (latin(folded(name)), folded(text[:LONGEST]), numbers(phones))))


def spelt(text: str) -> list[str]:
    """The words of a text that can be misspelt."""
    return [word for word in dict.fromkeys(folded(text).split()) if len(word) in SPELT and not word.isdecimal()]


def register(connection: Any) -> None:
    """Make the functions known to a connection of SQLite's."""
    connection.create_function("candor_folded", 1, folded, deterministic=True)
    connection.create_function("candor_words", 3, words, deterministic=True)
    connection.create_function("candor_spelt", 1, _spelt_json, deterministic=True)


def _spelt_json(text: str) -> str:
    return json.dumps(spelt(text), ensure_ascii=False)
