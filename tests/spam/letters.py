"""The mails whose spam scores are measured: what sellers write, and what filters look at twice."""

import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass

# SpamAssassin reads only addresses under real top-level domains: those under “.example” and “.test” are none to it.
OWN = "https://crm.example.com"  # of the sender's domain
FOREIGN = "https://t.example.org"
PAGE = "https://www.example.com/offers/27"
STORY = "https://www.example.net/stories/lund"


def _png(width: int, height: int) -> bytes:
    """A picture in one colour."""
    rows = (b"\0" + b"\x14\x53\x2d" * width) * height
    parts = {b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT": zlib.compress(rows), b"IEND": b""}
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts.items())
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


LOGO = b64encode(_png(180, 40)).decode()
OFFER = """<p>Dear Boris,</p><p>thank you for the walk through the pump house on Tuesday. I counted 41 metering points in the first
hall alone, so 120 for all three looks right to me, and two weekends are enough to fit them without cutting a pipe.</p>"""
PRICE = f'<p>How the price is made stands in <a href="{PAGE}?ref=pumps&amp;lang=en">our offer</a>. Best regards, Alice</p>'
STORIES = """You asked how others began. The dairy in Lund started with one plant and four weeks of readings; by the second week they
had found a valve that nobody had closed since spring, and that alone paid for the sensors of the first year.

The readings arrive every quarter of an hour. Whoever is on duty sees them on a phone or on the screen in the control room, and is
called when a line runs at night although nobody needs it. Nothing has to be installed on your side for that.

About data protection, which came up in our call: the readings are kept in Frankfurt, belong to you, and can be exported at any time.
When the contract ends they are handed over and removed within thirty days, and we write down that this was done.

The fitting itself takes two weekends. We would begin with the smaller hall, compare the first week with your own meters, and go on
only when your people are content with what they see. If they are not, we take everything out again and you owe us nothing.

Two of your colleagues asked about the old gauges. They can stay where they are: the sensors are clamped around the pipe and do not
touch the water, so the readings of both can be compared for as long as you like, and the old ones go when nobody looks at them.

As for the winter, the batteries last for nine years at minus ten degrees. The housing is sealed, and the only part that ever had to
be changed in the field is the strap, which comes off with a screwdriver and costs less than the drive to get there."""
PARAGRAPHS = STORIES.split("\n\n")
RUSSIAN = f"""<p>Уважаемый Борис Петрович,</p><p>спасибо за встречу во вторник. В первом зале я насчитала сорок одну точку учёта,
значит, сто двадцать датчиков на три здания — верная оценка.</p><p>Подробности — в <a href="{PAGE}">нашем предложении</a>. Буду рада
ответить на вопросы.</p><p>С уважением, Алиса Аренс</p>"""
GERMAN = f"""<p>Sehr geehrter Herr Petrow,</p><p>vielen Dank für den Rundgang am Dienstag. Allein in der ersten Halle habe ich 41 Zähler
gezählt; für alle drei Gebäude genügen also 120 Fühler.</p><p>Näheres finden Sie in <a href="{PAGE}">unserem Angebot</a>.
Mit freundlichen Grüßen aus Köln</p>"""
BUTTON = f"""<p><a href="{PAGE}" style="display: inline-block; padding: 10px 18px; color: #ffffff; background-color: #14532d;
border-radius: 6px; text-decoration: none">Choose a time</a></p>"""
SIGNATURE = f"""<p>Alice Ahrens<br>Sales, Example Pumps Ltd<br><a href="tel:+493012345678">+49 30 1234 5678</a> |
<a href="mailto:alice@example.com">alice@example.com</a> | <a href="https://www.example.com/">www.example.com</a></p>
<p><img src="data:image/png;base64,{LOGO}" width="180" height="40" alt="Example Pumps"></p>"""
LONG_QUERY = "&amp;".join(f"meter{number}=A{number:05d}" for number in range(124))  # of 1,900 characters


@dataclass(frozen=True)
class Letter:
    """A mail to compose, where it is tracked, and whether it is so long that tracking must cost nothing at all."""

    html: str
    host: str = FOREIGN
    is_long: bool = False
    subject: str = "Offer for the pump house"
    signature: str = ""
    answers: str = ""  # the text of the mail that it replies to, quoted below
    file: str = ""
    cc: str = ""
    bcc: str = ""
    tell_apart: bool = True


def link(words: str, target: str = PAGE) -> str:
    """A paragraph with a link in it."""
    return f'<p>All of it stands on one page: <a href="{target}">{words}</a>, and the figures are at the end.</p>'


def paragraphs(count: int) -> str:
    """So many paragraphs, about 240 bytes each."""
    return "".join(f"<p>{PARAGRAPHS[number % len(PARAGRAPHS)]}</p>" for number in range(count))


LETTERS = {
    "one worded link": Letter(OFFER + PRICE),
    "one worded link, sender's own host": Letter(OFFER + PRICE, host=OWN),
    "no link": Letter(OFFER),
    "a single line": Letter("<p>Shall we talk on Friday?</p>"),
    "a single line with a link": Letter(f'<p>Here it is: <a href="{PAGE}">the offer</a></p>'),
    "an emoji alone": Letter("<p>👍</p>"),
    "a picture alone": Letter(f'<p><img src="data:image/png;base64,{LOGO}" width="180" height="40" alt="Map"></p>'),
    "several links": Letter(OFFER + PRICE + link("prices", f"{PAGE}/prices") + link("a story", STORY)),
    "an address as words, its own domain": Letter(OFFER + link("www.example.com/offers/27"), host=OWN),
    "an address as words, another domain": Letter(OFFER + link(PAGE) + PRICE),
    "a button": Letter(OFFER + BUTTON),
    "a signature with picture": Letter(OFFER + PRICE, signature=SIGNATURE),
    "a picture from the web": Letter(
        OFFER + PRICE + '<p><img src="https://www.example.com/logo.png" width="180" height="40" alt="Pumps"></p>'
    ),
    "a reply with its quote": Letter(OFFER, answers=paragraphs(2) + link("the meters", "https://www.example.net/meters?hall=1")),
    "Russian": Letter(RUSSIAN, subject="Предложение: сто двадцать датчиков"),
    "German": Letter(GERMAN, subject="Angebot für 120 Fühler"),
    "a target of 1,900 characters": Letter(OFFER + link("the report", f"https://www.example.com/report?{LONG_QUERY}")),
    "an attachment": Letter(OFFER + PRICE, file="Offer.pdf"),
    "a shared copy": Letter(OFFER + PRICE, cc="carla@example.net, dora@example.net", tell_apart=False),
    "own copies": Letter(OFFER + PRICE, cc="carla@example.net", bcc="dora@example.net"),
    "1 KB of text": Letter(OFFER + paragraphs(3) + PRICE),
    "2 KB of text": Letter(OFFER + paragraphs(7) + PRICE),
    "3 KB of text": Letter(OFFER + paragraphs(11)),
    "3.5 KB of text": Letter(OFFER + paragraphs(13) + PRICE, is_long=True),
    "3.5 KB of text, no link": Letter(OFFER + paragraphs(14), is_long=True),
    "8 KB of text, four links": Letter(
        OFFER + paragraphs(32) + PRICE + link("prices", f"{PAGE}/prices") + link("a story", STORY) + link("figures", f"{PAGE}/figures"),
        is_long=True,
    ),
}
