"""Searching one's own mail: words, phrases, operators, and whatever else may be typed."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm.accounts.models import User
from crm.records.tests.queries import count_queries
from mail import asking, lists, search_tables, searching
from mail.models import Attachment, Message, Thread
from mail.tests.incoming import received
from mail.tests.posting import sent

pytestmark = pytest.mark.django_db


def asked(user: User, text: str) -> asking.Asked:
    return asking.read(text, user=user, filters=tuple(lists.FILTERS))


def found(user: User, text: str) -> list[str]:
    """The subjects of what is found, the newest first."""
    return [row.subject for row in lists.search_page(user=user, asked=asked(user, text)).rows]


@pytest.fixture
def mails(alice: User) -> dict[str, Message]:
    """Four conversations that have little in common."""
    offer = received(
        alice,
        hours_ago=4,
        subject="Price list 2026",
        from_name="Zoë Müller",
        from_email="zoe@blue-whale.test",
        body_text="Fifty sensors, please.",
    )
    file = received(alice, hours_ago=3, subject="Contract", body_text="It is attached.", is_read=True)
    Attachment.objects.create(message=file, name="Kestrel_agreement-v2.pdf", file=ContentFile(b"x", "a"), size=1)
    russian = received(alice, hours_ago=2, subject="Договор поставки", body_text="Прошу выслать Предложение.", folder="archive")
    gone = received(alice, hours_ago=1, subject="Old prices", body_text="Deleted words", folder="trash")
    return {"offer": offer, "file": file, "russian": russian, "gone": gone}


FOUND = {
    "price": ["Price list 2026"],
    "PRI": ["Price list 2026"],  # the beginning of a word
    "rice": [],
    "sensors list": ["Price list 2026"],  # words in different places
    "sensors contract": [],
    '"list 2026"': ["Price list 2026"],
    '"2026 list"': [],
    '"price lis"': [],  # a phrase is exact
    "zoe": ["Price list 2026"],
    "muller": ["Price list 2026"],
    "zoe@blue-whale.test": ["Price list 2026"],
    "blue-whale": ["Price list 2026"],
    "kestrel": ["Contract"],
    "agreement-v2.pdf": ["Contract"],
    "договор": ["Договор поставки"],
    "предложение": ["Договор поставки"],
    "alice@acme.test": ["Договор поставки", "Contract", "Price list 2026"],  # recipients, the newest first
    "from:zoë": ["Price list 2026"],
    "from:alice": [],
    "to:alice price": ["Price list 2026"],
    "to:zoe": [],
    "subject:price": ["Price list 2026"],
    "subject:sensors": [],
    'subject:"price list"': ["Price list 2026"],
    "filename:kestrel": ["Contract"],
    "has:attachment": ["Contract"],
    "is:unread": ["Договор поставки", "Price list 2026"],
    "is:read": ["Contract"],
    "is:starred": ["Contract"],
    "in:archive": ["Договор поставки"],
    "in:trash": ["Old prices"],
    "in:anywhere price": ["Old prices", "Price list 2026"],
    "deleted": [],
    "before:2001-01-01": [],
    "after:2001-01-01 price": ["Price list 2026"],
    "after:01.02.2001 before:9.9.2300 contract": ["Contract"],
    "is:unread price has:attachment": [],
    "nosuch:price": [],
    "!!! ???": [],
    "": [],
}
HOSTILE = (
    *('"', '"""', "'", "*", "a*b", "NEAR(", "AND", "price OR", "NOT NOT", "(", "))", "^price", "{subject}:x", "-", "--", ":", "from:"),
    *('from:"', "a:b:c", "\\", "%", "_", "; DROP TABLE mail_message; --", "' OR 1=1 --", "\x00price", "𝕏", "é" * 600, "<b>price</b>"),
    *("&", "!", "a & | b", "a <-> b", "before:nonsense", "after:2026-13-45", "in:nowhere", "is:", "has:", "²", "½", "\u202e", "a" * 3000),
)


def test_what_is_typed_finds(alice: User, mails: dict[str, Message]):
    Thread.objects.filter(pk=mails["file"].thread_id).update(is_starred=True)
    assert {text: found(alice, text) for text in FOUND} == FOUND


def test_nothing_that_is_typed_breaks_the_search(alice_client: Client, mails: dict[str, Message]):
    for text in HOSTILE:
        assert alice_client.get("/mail/search/", {"q": text}).status_code == 200, text
        assert alice_client.get("/search/", {"q": text}).status_code == 200, text


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_can_be_searched_for(alice: User, text: str):
    message = received(alice, subject=text.replace("\0", ""), body_text="", preview="")
    rows = lists.search_page(user=alice, asked=asked(alice, text)).rows
    assert set(rows) <= {message}
    message.delete()


def test_what_cannot_be_read_is_told(alice_client: Client):
    page = alice_client.get("/mail/search/", {"q": "before:yesterday in:nowhere price"}).content.decode()
    assert "“yesterday” is not a date" in page
    assert "There is no folder “nowhere”." in page


def test_nobody_finds_the_mail_of_somebody_else(bob: User, ada: User, mails: dict[str, Message]):
    for user in (bob, ada):
        assert found(user, "price") == found(user, "in:anywhere") == []


def test_the_index_follows_what_happens_to_mail(alice: User, mails: dict[str, Message]):
    message = mails["offer"]
    Message.objects.filter(pk=message.pk).update(subject="Tariffs")
    assert (found(alice, "subject:price"), found(alice, "tariffs")) == ([], ["Tariffs"])
    message.recipients.update(name="Quentin")
    assert found(alice, "to:quentin") == ["Tariffs"]
    message.delete()
    assert found(alice, "tariffs") == found(alice, "quentin") == []


def test_found_words_are_marked_and_markup_stays_text(alice: User, alice_client: Client):
    received(alice, subject="<b>Zebra</b> & zebras", body_text=f"{'x ' * 200}<script>alert(1)</script> Öl für ZÉBRA <img src=x>")
    page = alice_client.get("/mail/search/", {"q": "zebra"}).content.decode()
    assert "&lt;b&gt;<mark>Zebra</mark>&lt;/b&gt; &amp; <mark>zebras</mark>" in page
    assert "<mark>ZÉBRA</mark> &lt;img src=x&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", ["ﬁnd İstanbul ǅ", "naïve ЁЖ й", "a\u0301b", "ß㎏½", ""])
def test_folding_keeps_every_place(text: str):
    assert len(searching.folded(text)) == len(text)


def test_a_conversation_is_one_row_and_shows_its_newest_mail_with_the_words(alice: User, mails: dict[str, Message]):
    later = received(alice, subject="Re: Price list 2026", thread=mails["offer"].thread)
    received(alice, subject="Thanks", thread=mails["offer"].thread)
    assert found(alice, "price") == [later.subject]


def test_filters_and_words_combine_and_pages_follow_one_another(alice: User, alice_client: Client):
    for number in range(60):
        message = received(alice, subject=f"Zebra {number}", hours_ago=number)
        if number % 2:
            Attachment.objects.create(message=message, name="a.txt", file=ContentFile(b"x", "a"), size=1)
    page = alice_client.get("/mail/search/?q=zebra&is=attachment")
    assert len(page.context["page"].rows) == 30
    first = alice_client.get("/mail/search/?q=zebra")
    older = alice_client.get(f"/mail/search/{first.context['older_url']}", headers={"HX-Request": "true"})
    assert [len(one.context["page"].rows) for one in (first, older)] == [50, 10]


def test_a_search_takes_the_same_queries_whatever_it_finds(alice: User, alice_client: Client):
    received(alice, subject="Zebra")
    few = count_queries(alice_client, "/mail/search/?q=zebra+alice")
    for number in range(10):
        received(alice, subject=f"Zebra {number}")
    assert count_queries(alice_client, "/mail/search/?q=zebra+alice") == few < 25


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="no migration drops those of PostgreSQL")
def test_triggers_that_a_migration_dropped_come_back_and_what_they_missed_is_indexed(alice: User, mails: dict[str, Message]):
    with connection.cursor() as cursor:
        for name in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER mail_message_words_{name}")
    received(alice, subject="Unheard")
    assert found(alice, "unheard") == []
    search_tables.install(connection)
    assert found(alice, "unheard") == ["Unheard"]


def test_mail_that_one_sent_is_found_by_whom_it_went_to(alice: User, draft):
    sent(draft(subject="Offer", to="Carla <carla@helio.test>"))
    assert found(alice, "carla in:sent") == ["Offer"]
