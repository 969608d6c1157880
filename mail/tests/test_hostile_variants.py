"""Attacks inside of one another, cut and joined: what is shown of any holds nothing but what a shown body may have.

A browser reads the result in `test_hostile_mail_in_browser`; here a parser that builds the same tree reads thousands of them.
"""

import random
import re
from typing import Any

import html5lib
import pytest
from django.utils import timezone

from crm.accounts.models import User
from mail import contents, framing, reading
from mail.models import Message, Thread
from mail.tests.hostile import snippets

AROUND = [
    "<table><tr><td>{}",
    "<svg>{}",
    "<math><mtext>{}",
    "<style>{}",
    "<style>a{{{}}}</style>x",
    "<style>{}{{color:red}}</style>x",
    "<p title='{}'>",
    "<!--{}",
    "<a href='{}'>x</a>",
    '<img src="{}" alt="{}">',
    "<img src='https://shop.test/{}' alt='{}' width=40>",
    '<div style="{}">x',
    "<body style='{}' bgcolor=\"{}\">x",
    "<a href=https://evil.test>https://acme.test/{}</a>",
    "<template>{}</template><xmp>{}",
]
OURS = re.compile(r"/mail/pictures/[\w:-]+/")
LEADING = re.compile(r"(?:https?|mailto|tel|sms):", re.IGNORECASE)
LIVE = re.compile(r"[\\<>@{}]|url|expression|image-set|var\(|position|/\*", re.IGNORECASE)
ATTRIBUTES = {"target", "rel", "title"}.union(*contents.ATTRIBUTES.values())
IMPLIED = {"tbody", "colgroup"}  # by the parser
pytestmark = pytest.mark.django_db


@pytest.fixture
def message(alice: User) -> Message:
    return Message.objects.create(owner=alice, thread=Thread.objects.create(owner=alice), folder="inbox")


def faults(html: str) -> list[str]:
    """What a body that is shown may not hold."""
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    elements = [element for element in tree.iter() if element.tag != "DOCUMENT_FRAGMENT"]
    found = [str(one.tag) for one in elements if one.tag not in contents.TAGS | IMPLIED]
    attributes = [(name, value) for one in elements for name, value in one.attrib.items()]
    return found + [f"{name}={value}" for name, value in attributes if not is_harmless(name, value)]


def is_harmless(name: Any, value: str) -> bool:
    if name == "href":
        return bool(LEADING.match(value))
    if name == "src":
        return bool(OURS.fullmatch(value) or contents.CARRIED.fullmatch(value))
    return name in ATTRIBUTES and not (name == "style" and LIVE.search(value))


def joined(texts: list[str], count: int) -> list[str]:
    """Two attacks, one cut in the middle to take the other; the same ones each time."""
    chance = random.Random(4)
    found = []
    for _time in range(count):
        one, other = chance.choice(texts), chance.choice(texts)
        cut = chance.randrange(len(one) + 1)
        found.append(one[:cut] + other + one[cut:])
    return found


def test_nothing_that_could_run_load_or_lie_over_is_left(message: Message):
    texts = snippets()
    now = timezone.now()
    for html in [*(around.replace("{}", text) for around in AROUND for text in texts), *joined(texts, 1000)]:
        message.body_html = html
        shown = reading.readable_html(message, with_pictures=True, now=now)
        assert faults(shown) == [], html
        style = framing.style(reading.contents_of(message)).replace(framing.MARKS, "")
        assert not re.search(r"</|<!|url\(|@import|\\", style), html
        assert style.count("{") == style.count("}"), html
