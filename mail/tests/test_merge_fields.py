"""Merge fields: what fills them, what a template may hold, and that no mail leaves with one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Organisation, Person
from mail import body, letters, merge_fields, merging, outbox, replying
from mail.models import Account, Message
from mail.tests.posting import a_deal, sent

pytestmark = pytest.mark.django_db
KNOWN = {"person.first_name": 'Bo<b>r</b>is & "co"', "my.name": "Alice", "organisation.domain": "acme.test"}


@pytest.fixture
def boris(alice: User) -> Person:
    acme = Organisation.objects.create(owner=alice, name="Acme Tools", domain="client.test")
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test", job_title="Buyer", organisation=acme)


def known(user: User, to: str, **more: Any) -> dict[str, str]:
    account = Account.objects.filter(owner=user).first()
    return merge_fields.values(merge_fields.subjects(user=user, account=account, to=to, **{"deal": None, **more}))


def test_the_fields_come_from_the_first_recipient_their_organisation_the_deal_and_oneself(alice: User, account: Account, boris: Person):
    deal = a_deal(alice, title="Licences")
    deal.value = 1250
    assert known(alice, "boris@CLIENT.test, Carla <carla@client.test>", deal=deal) == {
        "person.first_name": "Boris",
        "person.name": "Boris Ivanov",
        "person.job_title": "Buyer",
        "person.email": "boris@client.test",
        "organisation.name": "Acme Tools",
        "organisation.domain": "client.test",
        "deal.title": "Licences",
        "deal.value": "€1,250",
        "my.name": "Alice Ahrens",
        "my.first_name": "Alice",
        "my.email": "alice@acme.test",
    }


def test_whoever_is_no_contact_is_known_by_the_address_field_and_its_domain(alice: User, account: Account, boris: Person):
    found = known(alice, '"Dora Diaz" <dora@client.test>')
    assert (found["person.first_name"], found["person.name"], found["organisation.name"]) == ("Dora", "Dora Diaz", "Acme Tools")
    assert "person.job_title" not in found
    assert set(known(alice, "nonsense")) == {"my.name", "my.first_name", "my.email"}


def test_people_and_organisations_of_others_fill_nothing(alice: User, account: Account, boris: Person, charlie: User):
    assert set(known(charlie, "boris@client.test")) == {"person.email", "my.name", "my.first_name", "my.email"}


def test_values_are_words_and_never_markup():
    html = '<p>Hi {{ person.first_name }} <a href="https://x.test/?q={{ person.first_name }}" title="{{ person.first_name }}">x</a></p>'
    filled = merging.fill_html(html, KNOWN)
    assert "<b>" not in filled
    assert '>Bo&lt;b&gt;r&lt;/b&gt;is &amp; "co"</span>' in filled
    assert 'href="https://x.test/?q=Bo%3Cb%3Er%3C%2Fb%3Eis%20%26%20%22co%22"' in filled
    assert body.clean(filled) == body.clean(body.clean(filled))
    assert merging.fill_text("For {{ person.first_name }}", KNOWN) == 'For Bo<b>r</b>is & "co"'


def test_what_is_missing_stays_visible_and_a_default_takes_its_place():
    html = '<p>Dear {{ person.name | default: "friend" }}, {{ person.job_title }} at {{&nbsp;organisation.<b>domain</b> }}</p>'
    assert merging.fill_html(html, KNOWN) == (
        '<p>Dear <span class="candor_field" data-merge="person.name | default: &quot;friend&quot;">friend</span>, '
        '<span class="candor_field candor_missing" data-merge="person.job_title">[person.job_title]</span> at '
        '<span class="candor_field" data-merge="organisation.domain">acme.test</span></p>'
    )
    assert merging.fill_text("{% if deal.title %}About {{ deal.title }}{% else %}Hello {{ person.name }}{% endif %}", KNOWN) == (
        "Hello [person.name]"
    )


@pytest.mark.parametrize(
    ("to", "first_name"),
    [
        ("Dr. Jana Novak <jana@x.test>", "Jana"),
        ('"Novak, Jana" <jana@x.test>', "Jana"),
        ('"jana@x.test" <jana@x.test>', ""),
        ("Prof. Dr. <jana@x.test>", ""),
    ],
)
def test_nobody_is_addressed_by_a_title_or_a_family_name(alice: User, to: str, first_name: str):
    assert known(alice, to).get("person.first_name", "") == first_name


HOSTILE = {
    "{{ person.__class__ }}": "no field “person.__class__”",
    "{{ person['__init__'] }}": "no field",
    "{{ person[my.name] }}": "no field",
    "{{ person }}": "no field “person”",
    "{{ person.name.size }}": "no field",
    "{{ my.name | default: settings.SECRET_KEY }}": "no field “settings.SECRET_KEY”",
    "{% if user %}{% endif %}": "no field “user”",
    "{% for i in (1..999999999) %}x{% endfor %}": "cannot be used here",
    "{% if (1..999999999) contains 'x' %}{% endif %}": "Ranges",
    "{{ (1..999999999) }}": "Ranges",
    "{{ my.name | replace: 'A', 'AAAAAAAAAAAAAAAA' }}": "“| replace” cannot be used",
    "{% include 'x' %}": "cannot be used here",
    "{% assign x = my.name %}": "cannot be used here",
    "{% raw %}{{ my.name }}{% endraw %}": "cannot be used here",
    "{% liquid echo my.name %}": "cannot be used here",
    "{{ my.name": "“{{” is never closed",
    "{% if my.name": "“{%” is never closed",
    "{{ {{ my.name }}": "“{{” is never closed",
    "{% if my.name %}x": "“{% if %}” has no end",
    "{% endif %}": "“{% endif %}” stands alone",
    "{{ }}": "“{{ }}” cannot be understood",
    "{{ my.name default: 'x' }}": "“{{ my.name default: 'x' }}” cannot be understood",
    "{{ my.name }}" * 301: "too long",
    "{{ my.name | default: '" + "x" * 500 + "' }}": "too long",
    "{% if my.name %}" * 140 + "{% endif %}" * 140: "cannot",
    "{{" * 100_000: "never closed",
    "{{ my.name ": "never closed",
}


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:30])
def test_a_bad_template_is_told_with_a_sentence(source: str):
    with pytest.raises(merging.CannotFill) as told:
        merging.check_html(f"<p>{source}</p>")
    assert HOSTILE[source] in told.value.sentence


def test_what_fields_tell_of_is_filled_anew_and_nothing_else():
    sources = ["person.name", 'person.name | default: "you"', "my.name", "my.name }} {{ my.name", '"words"', "person.__class__"]
    shown = [piece.shown if piece else None for piece in merging.fill_again(sources, KNOWN)]
    assert shown == ["[person.name]", "you", "Alice", None, None, None]


def test_a_mail_becomes_a_template_with_its_fields_again(alice: User):
    written = merging.fill_html('<p>Hi {{ person.first_name | default: "you" }} &lt;3</p>', KNOWN)
    template = letters.from_mail(owner=alice, name="Hi", subject="", body_html=written)
    assert template.body_html == '<p>Hi {{ person.first_name | default: "you" }} &lt;3</p>'


@pytest.mark.parametrize(
    ("fields", "where", "missing"),
    [
        ({"subject": "For [organisation.name]"}, "subject", "organisation’s name"),
        ({"subject": "For {{ person.name }}"}, "subject", "full name"),
        ({"body_html": "<p>Hi [person.first_name], {{deal.title|upcase}}</p>"}, "body", "first name, deal’s title"),
        ({"body_html": "<p>Hi [per<b>son.first</b>_name]</p>"}, "body", "first name"),
        ({"body_html": "<p>Hi [&nbsp;Person.first_name ]</p>"}, "body", "first name"),
        ({"body_html": '<p><a href="https://x.test/%7B%7B%20person.email%20%7D%7D">x</a></p>'}, "body", "email address"),
        ({"body_html": '<p><a href="https://x.test/?to=[person.email]">x</a></p>'}, "body", "email address"),
        ({"body_html": "<p>{% if deal.value %}x{% endif %}</p>"}, "body", "deal’s value"),
    ],
)
def test_no_mail_leaves_with_a_field_that_is_not_filled_in(draft: Callable[..., Message], fields: dict[str, str], where: str, missing: str):
    message = draft(**fields)
    with pytest.raises(outbox.CannotSend) as refused:
        outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    assert (refused.value.field, refused.value.sentence) == (where, f"Fill in: {missing}.")
    message.refresh_from_db()
    assert message.folder == Message.Folder.DRAFTS


def test_words_about_fields_that_there_are_not_may_leave(draft: Callable[..., Message]):
    message = draft(subject="How {{ name }} works", body_html="<p>Write {{ order.id }} or [first name] or {% block %} in person.name</p>")
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    assert message.folder == Message.Folder.OUTBOX


def test_what_somebody_else_wrote_badly_can_be_answered(draft: Callable[..., Message], alice: User):
    theirs = sent(draft(body_html="<p>Dear {{ person.first_name }}, [person.name]</p>"))
    message = draft(body_html=f"<p>Thanks</p>{replying.quote(theirs)}")
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    assert message.folder == Message.Folder.OUTBOX


def test_the_marks_of_fields_stay_in_the_draft_and_do_not_leave(draft: Callable[..., Message]):
    filled = merging.fill_html("<p>Hi {{ my.name }}</p>", KNOWN)
    message = draft(body_html=filled)
    assert message.body_html == filled
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    assert message.body_html == "<p>Hi <span>Alice</span></p>"


def test_marks_in_what_others_wrote_ask_for_nothing(draft: Callable[..., Message]):
    theirs = sent(draft(body_html='<p><span class="candor_field" data-merge="deal.value">x</span></p>'))
    assert "data-merge" not in replying.quote(theirs)
