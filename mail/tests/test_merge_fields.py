"""Merge fields: what fills them, what a template may hold, and that no mail leaves with one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from crm.accounts.models import User
from crm.records.fields import book, writing
from crm.records.fields.values import Money
from crm.records.models import CustomChoice, CustomField, Deal, Organisation, Person
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
    deal.value, deal.expected_close_on = 1250, date(2026, 12, 24)
    Person.objects.filter(pk=boris.pk).update(phone="+49 30 5550", city="Berlin")
    Organisation.objects.update(phone="+49 30 5555", city="Potsdam")
    assert known(alice, "boris@CLIENT.test, Carla <carla@client.test>", deal=deal) == {
        "person.first_name": "Boris",
        "person.name": "Boris Ivanov",
        "person.job_title": "Buyer",
        "person.email": "boris@client.test",
        "person.phone": "+49 30 5550",
        "person.city": "Berlin",
        "organisation.name": "Acme Tools",
        "organisation.domain": "client.test",
        "organisation.phone": "+49 30 5555",
        "organisation.city": "Potsdam",
        "deal.title": "Licences",
        "deal.value": "€1,250",
        "deal.stage": deal.stage.name,
        "deal.expected_close": "24 December 2026",
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


def own_field(record: Any, kind: str, name: str, value: Any = None) -> CustomField:
    """A field of the company's own that the record holds a value in."""
    field = CustomField.objects.create(of=record._meta.model_name, name=name, kind=kind)
    if kind == "choice":
        value = CustomChoice.objects.create(field=field, name=value)
    writing.set_custom(record, book.from_custom(field), value)
    return field


def test_fields_of_the_companys_own_are_filled_in_the_users_language(alice: User, account: Account, boris: Person):
    deal = a_deal(alice, title="Licences")
    language = own_field(boris, "choice", "Preferred language", "French")
    size = own_field(boris.organisation, "number", "3rd party staff", Decimal("1250.0000"))
    renewal = own_field(deal, "date", "Дата продления", date(2026, 12, 24))
    discount = own_field(deal, "money", "Discount", Money(Decimal(1500), "EUR"))
    names = [
        f"person.preferred_language_{language.pk}",
        f"organisation.custom_3rd_party_staff_{size.pk}",
        f"deal.custom_{renewal.pk}",
        f"deal.discount_{discount.pk}",
    ]
    found = known(alice, boris.email, deal=deal)
    assert [found[name] for name in names] == ["French", "1,250", "24 December 2026", "€1,500"]
    with translation.override("ru"):
        found = known(alice, boris.email, deal=Deal.objects.get(pk=deal.pk))
        assert [found[name] for name in names[2:]] == ["24 декабря 2026", "1 500 €"]
    filled = merging.fill_text(" / ".join(f"{{{{ {name} }}}}" for name in names), found)
    assert filled.startswith("French / ")


def test_a_template_outlives_another_name_of_its_field(boris: Person, alice: User, account: Account):
    field = own_field(boris, "text", "Hobby", "Chess")
    source = f"About {{{{ person.hobby_{field.pk} }}}}, {{% if person.hobby_{field.pk} %}}yes{{% endif %}}"
    CustomField.objects.update(name="Free time")
    assert merging.fill_text(source, known(alice, boris.email)) == "About Chess, yes"
    assert merging.fill_text(source, {}) == f"About [person.free_time_{field.pk}], "
    assert merging.in_words(source) == "About [Free time], yes"
    assert [one.label for one in merge_fields.unfilled(f"x [person.hobby_{field.pk}]")] == ["Free time"]


def test_an_archived_field_fills_what_was_written_with_it_and_is_offered_no_more(boris: Person, alice: User, account: Account):
    field = own_field(boris, "text", "Hobby", "Chess")
    CustomField.objects.update(archived_at=timezone.now())
    assert merging.fill_text(f"{{{{ person.hobby_{field.pk} }}}}", known(alice, boris.email)) == "Chess"
    assert "Hobby" not in [one.label for one in merge_fields.all_fields()]


def test_a_deleted_field_or_one_of_another_record_is_none(boris: Person):
    field = own_field(boris, "text", "Hobby", "Chess")
    for name in (f"person.hobby_{field.pk + 1}", f"deal.hobby_{field.pk}"):
        with pytest.raises(merging.CannotFill, match="There is no field"):
            merging.check_text(f"{{{{ {name} }}}}")
        assert merge_fields.unfilled(f"[{name}]") == []


def test_fields_of_the_companys_own_stand_in_the_menus(alice_client: Client, account: Account, boris: Person):
    field = own_field(boris, "text", "Hobby", "Chess")
    assert f'data-field="person.hobby_{field.pk}">Hobby</button>' in alice_client.get("/settings/templates/new/").content.decode()
    assert f'<data value="person.hobby_{field.pk}" hidden>Hobby</data>' in alice_client.get("/mail/compose/").content.decode()


def test_no_mail_leaves_with_a_field_of_the_companys_own_that_is_empty(draft: Callable[..., Message], boris: Person):
    field = own_field(boris, "text", "Hobby")
    message = draft(body_html=f"<p>Hi [person.first_name], how is [person.hobby_{field.pk}]?</p>")
    with pytest.raises(outbox.CannotSend) as refused:
        outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    assert refused.value.sentence == "Fill in: first name, Hobby."


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
