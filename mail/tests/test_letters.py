"""Templates: written, shared, found and inserted; who may see and who may change them."""

import html
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Person
from mail import letters
from mail.models import Account, Message, Template, TemplateFolder
from mail.tests.posting import a_deal
from mail.tests.test_composer import JSON, save, typed

pytestmark = pytest.mark.django_db


def written(**fields: str) -> dict[str, str]:
    """The form of a template as somebody fills it in."""
    body = '<p>Hi {{ person.first_name | default: "there" }}, about {{ deal.title }}</p>'
    return {"name": "Offer", "subject": "Offer for {{ organisation.name }}", "body_html": body, "sharing": "", **fields}


def a_template(owner: User, **fields: Any) -> Template:
    given = {"name": "Offer", "subject": "", "body_html": "<p>Hello {{ person.first_name }}</p>", "folder": None, "sharing": "", **fields}
    return letters.save(template=Template(owner=owner), **given)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sees(user: User) -> set[str]:
    return set(Template.objects.visible_to(user).values_list("name", flat=True))


def test_a_template_is_written_and_found_in_its_folder(alice_client: Client, alice: User):
    assert "Write once what you send again and again" in alice_client.get("/settings/templates/").content.decode()
    assert alice_client.post("/settings/templates/new/", written(new_folder="Sales")).status_code == 302
    alice_client.post("/settings/templates/new/", written(name="Thanks", new_folder="SALES"))
    assert [(one.name, one.folder and one.folder.name) for one in Template.objects.all()] == [("Offer", "Sales"), ("Thanks", "Sales")]
    page = html.unescape(alice_client.get("/settings/templates/").content.decode())
    assert "Hi [first name], about [deal’s title]" in page
    found = alice_client.get("/settings/templates/?q=thank").content.decode()
    assert ("Thanks" in found, "/settings/templates/1/" in found) == (True, False)


def test_what_cannot_be_read_is_told_beside_its_field_and_kept(alice_client: Client):
    response = alice_client.post(
        "/settings/templates/new/", written(subject="For {{ persn.name }}", body_html="<p>{% if deal.title %}</p>")
    )
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert "There is no field “persn.name”" in page
    assert "A “{% if %}” has no end" in page
    assert "<p>{% if deal.title %}</p>" in page
    assert not Template.objects.exists()
    empty = alice_client.post("/settings/templates/new/", written(subject="", body_html="<div><br></div>"))
    assert "would insert nothing" in empty.content.decode()


def test_first_words_end_before_a_field_that_does_not_fit(alice: User):
    assert a_template(alice, body_html="<p>" + "word " * 38 + "{{ person.first_name }}</p>").preview == "word " * 38 + "…"


def test_a_pasted_text_is_made_safe(alice_client: Client):
    hostile = '<p onclick="x()">Hi<script>alert(1)</script><span data-merge="deal.value" class="candor_field">x</span></p>'
    alice_client.post("/settings/templates/new/", written(body_html=hostile))
    assert Template.objects.get().body_html == "<p>Hi<span>x</span></p>"


def test_sharing_says_who_sees_it_and_only_the_owner_changes_it(alice: User, bob: User, charlie: User, mona: User, ada: User):
    shared = TemplateFolder.objects.create(owner=alice, name="Shared", sharing="team")
    a_template(alice, name="private")
    a_template(alice, name="team", sharing="team")
    a_template(alice, name="everybody", sharing="everybody")
    a_template(alice, name="by folder", folder=shared)
    assert sees(alice) == {"private", "team", "everybody", "by folder"}
    assert sees(bob) == {"team", "everybody", "by folder"}
    assert sees(charlie) == sees(mona) == {"everybody"}
    assert sees(ada) == {"team", "everybody", "by folder"}
    alice.team = charlie.team
    alice.save()
    assert (sees(bob), sees(charlie)) == ({"everybody"}, {"team", "everybody", "by folder"})


@pytest.mark.parametrize(("sharing", "seen", "changed"), [("", {}, {"alice"}), ("team", {"bob"}, {"alice", "ada"})])
def test_strangers_get_404_and_team_mates_only_read(
    sharing: str, seen: set[str], changed: set[str], request: pytest.FixtureRequest, alice: User
):
    template = a_template(alice, sharing=sharing)
    address = f"/settings/templates/{template.pk}/"
    for name in ("bob", "charlie", "mona", "ada", "alice"):
        client = client_of(request.getfixturevalue(name))
        may_see, may_change = name in seen or name in changed, name in changed
        assert client.get(address).status_code == (200 if may_see else 404), name
        assert ("Make my own copy" in client.get(address).content.decode()) == (may_see and not may_change), name
        assert client.post(address, written(name=name, sharing=sharing)).status_code == (302 if may_change else 404), name
        assert client.post(f"/mail/compose/templates/{template.pk}/", {}, headers=JSON).status_code == (200 if may_see else 404), name
        assert client.get(f"/mail/compose/?template={template.pk}").status_code == (200 if may_see else 404), name
        if not may_see:
            assert client.post(f"{address}duplicate/").status_code == 404, name
        if not may_change:
            assert client.post(f"{address}delete/").status_code == 404, name
    assert client_of(alice).post(f"{address}delete/").status_code == 302
    assert not Template.objects.filter(pk=template.pk).exists()


def test_an_administrator_mends_a_shared_template_where_it_is(alice: User, ada: User):
    folder = TemplateFolder.objects.create(owner=alice, name="Secret drawer")
    template = a_template(alice, folder=folder, sharing="team")
    client = client_of(ada)
    address = f"/settings/templates/{template.pk}/"
    assert "Secret drawer" not in client.get(address).content.decode()
    client.post(address, written(name="Mended", sharing="team"))
    template.refresh_from_db()
    assert (template.name, template.owner, template.folder) == ("Mended", alice, folder)


def test_a_copy_is_ones_own_and_private(alice: User, bob: User):
    folder = TemplateFolder.objects.create(owner=alice, name="Sales", sharing="team")
    template = a_template(alice, folder=folder, sharing="team")
    response = client_of(bob).post(f"/settings/templates/{template.pk}/duplicate/")
    copy = Template.objects.get(owner=bob)
    assert response["Location"] == f"/settings/templates/{copy.pk}/"
    assert (copy.name, copy.body_html, copy.folder, copy.sharing) == ("Offer (copy)", template.body_html, None, "")


def test_a_folder_of_somebody_elses_takes_nothing_and_is_not_named(alice: User, bob: User):
    folder = TemplateFolder.objects.create(owner=alice, name="Secret drawer")
    a_template(alice, folder=folder, sharing="team")
    client = client_of(bob)
    page = client.get("/settings/templates/").content.decode()
    assert ("Offer" in page, "Secret drawer" in page) == (True, False)
    assert client.post("/settings/templates/new/", written(folder=str(folder.pk))).status_code == 422
    assert client.post(f"/settings/templates/folders/{folder.pk}/", {"name": "Mine", "sharing": ""}).status_code == 404


def test_a_folder_is_renamed_shared_and_taken_away_without_its_templates(alice_client: Client, alice: User, bob: User):
    alice_client.post("/settings/templates/folders/", {"name": "Sales", "sharing": ""})
    assert "already" in alice_client.post("/settings/templates/folders/", {"name": "sales", "sharing": ""}).content.decode()
    folder = TemplateFolder.objects.get()
    template = a_template(alice, folder=folder)
    alice_client.post(f"/settings/templates/folders/{folder.pk}/", {"name": "Team", "sharing": "team"})
    assert sees(bob) == {"Offer"}
    alice_client.post(f"/settings/templates/folders/{folder.pk}/delete/")
    template.refresh_from_db()
    assert (template.folder, sees(bob)) == (None, set())


def test_the_list_asks_the_database_the_same_however_long_it_is(alice_client: Client, alice: User, django_assert_max_num_queries: Any):
    folder = TemplateFolder.objects.create(owner=alice, name="Sales")
    for number in range(15):
        a_template(alice, name=f"Offer {number}", folder=folder if number % 2 else None)
    with django_assert_max_num_queries(9):
        alice_client.get("/settings/templates/")


def test_the_preview_fills_it_for_a_contact_and_tells_what_is_wrong(alice_client: Client, alice: User, charlie: User, account: Account):
    Person.objects.create(owner=alice, name="Boris <b>Ivanov</b>", email="boris@client.test")
    Person.objects.create(owner=charlie, name="Zoe Theirs", email="zoe@client.test")
    response = alice_client.post("/settings/templates/preview/", written(person="Boris <b>Ivanov</b>"))
    page = response.content.decode()
    assert "Hi <span" in page
    assert "Boris" in page
    assert "[deal.title]" in page
    assert "script-src 'none'" in response["Content-Security-Policy"]
    assert "Nothing of that name" in alice_client.post("/settings/templates/preview/", written(person="Zoe Theirs")).content.decode()
    wrong = alice_client.post("/settings/templates/preview/", written(body_html="<p>{{ x }}</p><script>1</script>"))
    assert "no field “x”" in wrong.content.decode()
    assert "<script" not in wrong.content.decode()


def test_inserting_fills_the_fields_and_counts(alice_client: Client, alice: User, account: Account):
    Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test")
    deal = a_deal(alice, title="<i>Licences</i>")
    template = a_template(alice, subject="About {{ deal.title }}", body_html="<p>Hi {{ person.first_name }}: {{ deal.title }}</p>")
    answer = alice_client.post(f"/mail/compose/templates/{template.pk}/", {**typed(alice), "deal": deal.pk}, headers=JSON).json()
    assert answer["subject"] == "About <i>Licences</i>"
    assert ">Boris</span>: <span" in answer["body_html"]
    assert "&lt;i&gt;Licences" in answer["body_html"]
    template.refresh_from_db()
    assert (template.used_count, template.last_used_at is not None) == (1, True)


def test_a_draft_and_a_reply_know_the_deal_of_their_conversation(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, deal=a_deal(alice, title="Licences").pk)
    for field in ("draft", "reply"):
        answer = alice_client.post("/mail/compose/fields/", {field: draft.pk, "source": ["deal.title"]}, headers=JSON).json()
        assert answer["pieces"] == [{"shown": "Licences", "is_missing": False}]


def test_deals_and_accounts_of_others_fill_nothing(alice_client: Client, alice: User, charlie: User):
    theirs = Account.objects.create(owner=charlie, email="secret@acme.test", smtp_host="mail.acme.test")
    posted = {"deal": a_deal(charlie).pk, "account": theirs.pk, "source": ["deal.title", "my.email"]}
    answer = alice_client.post("/mail/compose/fields/", posted, headers=JSON).json()
    assert [piece["shown"] for piece in answer["pieces"]] == ["[deal.title]", "alice@acme.test"]


def test_a_template_that_went_bad_never_breaks_the_composer(alice_client: Client, alice: User, account: Account):
    template = a_template(alice)
    Template.objects.update(body_html="<p>{{ person.birthday }}</p>")
    answer = alice_client.post(f"/mail/compose/templates/{template.pk}/", typed(alice), headers=JSON)
    assert answer.status_code == 422
    assert "“Offer” cannot be inserted: There is no field “person.birthday”" in answer.json()["sentence"]
    assert alice_client.get(f"/mail/compose/?template={template.pk}").status_code == 200


def test_without_script_a_mail_begins_with_a_template_and_is_refused_while_something_is_missing(
    alice_client: Client, alice: User, account: Account
):
    person = Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test")
    template = a_template(
        alice, subject="Hello {{ person.first_name }}", body_html="<p>Dear {{ person.first_name }}, {{ person.job_title }}</p>"
    )
    start = alice_client.get(f"/mail/compose/?template={template.pk}&person={person.pk}").context["start"]
    assert (start.subject, start.body_text) == ("Hello Boris", "Dear Boris, [person.job_title]")
    posted = {"to": "boris@client.test", "subject": start.subject, "body_text": start.body_text, "user": alice.pk}
    refused = alice_client.post("/mail/compose/send/", posted)
    assert refused.status_code == 422
    assert "Fill in: job title." in refused.content.decode()
    assert Message.objects.get().folder == Message.Folder.DRAFTS


def test_the_composer_names_what_is_missing_beside_the_field(alice_client: Client, alice: User, account: Account):
    answer = alice_client.post("/mail/compose/send/", typed(alice, subject="For [deal.title]"), headers=JSON)
    assert (answer.status_code, answer.json()["errors"]) == (422, {"subject": "Fill in: deal’s title."})


def test_what_was_used_last_is_offered_first(alice_client: Client, alice: User, bob: User):
    a_template(alice, name="Alpha")
    recent = a_template(bob, name="Zulu", subject="Offer {{ deal.title }}", sharing="team")
    a_template(bob, name="Hidden")
    letters.count_use(template=recent, now=timezone.now())
    page = html.unescape(alice_client.get("/mail/compose/templates/").content.decode())
    assert page.index("Zulu") < page.index("Alpha")
    assert "Offer [deal’s title]" in page
    assert "Hidden" not in page
    assert "No template fits “hid”" in html.unescape(alice_client.get("/mail/compose/templates/?q=hid").content.decode())


def test_a_mail_is_kept_as_a_template(alice_client: Client):
    field = '<span class="candor_field" data-merge="person.first_name">Boris</span>'
    posted = {"name": "Thanks", "subject": "Thanks", "body_html": f"<p>Hi {field}</p><script>1</script>"}
    answer = alice_client.post("/mail/compose/templates/keep/", posted, headers=JSON)
    assert "Thanks" in answer.json()["toast"]
    assert Template.objects.get().body_html == "<p>Hi {{ person.first_name }}</p>"
    for wrong in ({"name": ""}, {"subject": "", "body_html": ""}, {"body_html": "<p>{{ x }}</p>"}, {"body_html": "<p>{{ x</p>"}):
        assert alice_client.post("/mail/compose/templates/keep/", {**posted, **wrong}, headers=JSON).status_code == 422
    assert Template.objects.count() == 1
