"""Every address of the site, asked by everybody but the owner: nothing of a user's mail and tracking is ever answered.

The addresses come from the resolver. One with arguments that is not listed in `objects` fails here, and so does a
page that strangers can open and that is not listed in `PUBLIC`: a new page cannot be forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation

from crm.accounts.models import Team, User
from crm.exchange import exporting, uploading
from crm.privacy.models import Request
from crm.records import subscribing
from crm.records.models import Activity, BulkChange, Deal, Lead, Note, Organisation, Person, SavedList, StoredFile
from crm.records.pipeline import default_pipeline
from mail import drafts, inbound, outbox, pictures, suggesting, suggestion_words
from mail.models import Account, Attachment, Change, KeptMail, Message, RemoteFolder, Signature, Template, TemplateFolder
from mail.suggestion_words import Reason
from mail.tests.posting import sign
from notifications import feed
from notifications.models import Card
from tracking import hits, preferences, recording, settling, tokens
from tracking.models import Copy, Event, KnownPlace, TrackedLink

OTHERS = ["bob", "charlie", "mona", "ada"]
SEARCHERS = ("bob", "ada")  # a team-mate and an administrator look for each secret: the other two are shown no more than these
PAGES = {  # of recipients, by their links, which carry what they may do
    *(f"privacy:{name}" for name in ("page", "refuse", "allow", "data_request", "ask", "data", "data_fetch"))
}
PUBLIC = {
    "healthz",
    "readyz",
    "robots",
    "mail:picture",  # its address is signed: it is asked for from a frame without cookies
    "records:calendar",  # its address is the secret of its user
    *PAGES,
}
SEARCHING = (  # pieces of the names of pages that look for what one types
    *("search", "people", "pick", "duplicates", "options", "mention", "audit", "ledger", "user_list"),
    *("person_list", "organisation_list", "deal_list", "lead_list", "activity_list", "template_list"),
)
MESSAGE_VERBS = (
    "message_body",
    "message_reading",
    "message_pictures",
    "send_again",
    "back_to_drafts",
    "take_back",
    "reschedule",
    "forward",
)
LISTS = ("list_columns", "list_builder", "list_check", "list_save", "list_default", "list_export", "bulk_start")
IMPORT_VERBS = ("detail", "mapping", "reading", "start", "progress", "cancel", "delete", "problems")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
STREAM = "notifications:live"  # never ends; see notifications/tests/test_live.py
SECRETS = {  # each beginning with a word by which it could be searched for
    "subject": "Zebrafish agreement",
    "body": "Okapi clause",
    "draft": "Quokka intentions",
    "link": "Wombat prices",
    "target": "numbat.test/offer",
    "bcc": "silent@axolotl.test",
    "file": "Capybara.pdf",
    "signature": "Narwhal regards",
    "place": "11.22.33.44",
    "server": "smtp.pangolin.test",
    "remote": "Dugong projects",
    "kept": "Lemur bytes",
    "template": "Gibbon pitch",
    "folder": "Tapir drawer",
    "answer": "Ocelot agrees",
    "import": "Wallaby list.csv",
}
TRACES = (
    "answered “",
    "was opened",
    "was followed",
    "’s copy of “",
    "data-tracked-mail",
    "Someone opened",
    "Opened once",
    "Opened 2 times",
)


@dataclass
class World:
    """What Alice owns."""

    person: Person
    organisation: Organisation
    deal: Deal
    lead: Lead
    activity: Activity
    note: Note
    account: Account
    message: Message
    draft: Message
    attachment: Attachment
    signature: Signature
    folder: TemplateFolder
    template: Template
    card: int
    suggestion: int
    place: int
    hit: int
    kept: int
    change: int
    request: int
    file: int
    list: int
    bulk: int
    imported: int
    exported: int


@pytest.fixture
def world(alice: User) -> World:
    """A tracked mail that was sent, opened and followed, a draft, and the records around them."""
    organisation = Organisation.objects.create(owner=alice, name="Acme Tools")
    person = Person.objects.create(owner=alice, name="Boris", email="boris@client.test", organisation=organisation)
    deal = Deal.objects.create(
        owner=alice, title="Licences", stage=default_pipeline().stages.all()[0], person=person, organisation=organisation
    )
    account = Account.objects.create(owner=alice, email="alice@acme.test", smtp_host=SECRETS["server"])
    signature = sign(account, f"<p>{SECRETS['signature']}</p>")
    folder = TemplateFolder.objects.create(owner=alice, name=SECRETS["folder"])
    message = _tracked_mail(alice, account, deal)
    _answered_mail(alice, account)
    draft = drafts.save(
        owner=alice, message=None, account=account, to="", cc="", bcc="", subject=SECRETS["draft"], body_html="x", deal=deal
    )
    return World(
        person=person,
        organisation=organisation,
        deal=deal,
        lead=Lead.objects.create(owner=alice, title="Asks for licences", person_name="Boris", email="boris@client.test"),
        activity=Activity.objects.create(owner=alice, subject="Call", kind="call", deal=deal, due_at=timezone.now()),
        note=Note.objects.create(author=alice, deal=deal, text="Budget"),
        account=account,
        message=message,
        draft=draft,
        attachment=Attachment.objects.create(message=message, name=SECRETS["file"], file=ContentFile(b"%PDF", "a"), size=4),
        place=KnownPlace.objects.create(user=alice, network=SECRETS["place"], first_on="2026-11-01", last_on=timezone.now(), days=3).pk,
        card=alice.cards.get(kind="clicked").pk,
        suggestion=_suggestion(message).pk,
        kept=_kept_mail(account),
        change=Change.objects.create(owner=alice, verb="archive", count=1, before={"places": []}).pk,
        request=Request.objects.begin(kind="export", email="boris@client.test", by=alice, by_name=alice.name).pk,
        list=SavedList.objects.create(owner=alice, kind="person", name="Mine alone").pk,
        bulk=BulkChange.objects.create(actor=alice, kind="person", verb="archive", selection={"pks": [person.pk]}, is_ready=True).pk,
        imported=uploading.begin(owner=alice, name=SECRETS["import"], content=b"Name,Email\nBoris,boris@client.test\n").pk,
        exported=_exported(alice),
        signature=signature,
        folder=folder,
        template=Template.objects.create(owner=alice, folder=folder, name="Pitch", subject=SECRETS["template"], body_html="<p>Hello</p>"),
        file=StoredFile.objects.create(uploaded_by=alice, deal=deal, name="Offer.pdf", file=ContentFile(b"%PDF", "a"), size=4).pk,
        hit=Event.objects.filter(mail=message.tracked_mail, kind="click").get().pk,
    )


def _exported(alice: User) -> int:
    """An archive of what she sees, her mail included."""
    job = exporting.begin(owner=alice, now=timezone.now())
    exporting.run(job.pk)
    return job.pk


def _kept_mail(account: Account) -> int:
    """A mail of the account's that could not be read."""
    Account.objects.filter(pk=account.pk).update(imap_host="127.0.0.1", imap_port=9)
    folder = RemoteFolder.objects.create(account=account, name=SECRETS["remote"], validity=1)
    kept = KeptMail.objects.create(folder=folder, validity=1, uid=1, reason="broken")
    kept.file.save("mail.eml", ContentFile(SECRETS["kept"].encode()))
    return kept.pk


def _tracked_mail(alice: User, account: Account, deal: Deal) -> Message:
    html = f'<p>{SECRETS["body"]} <a href="https://{SECRETS["target"]}">{SECRETS["link"]}</a></p>'
    common: dict[str, Any] = {"owner": alice, "message": None, "account": account, "deal": deal, "cc": ""}
    message = drafts.save(**common, to="boris@client.test", bcc=SECRETS["bcc"], subject=SECRETS["subject"], body_html=html)
    now = timezone.now()
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    outbox.queue(message=message, track_opens=True, track_links=True, now=now)
    message.deliveries.update(status="sent", sent_at=now)
    Message.objects.filter(pk=message.pk).update(folder=Message.Folder.SENT, sent_at=now)
    message.refresh_from_db()
    copy = Copy.objects.get(mail=message.tracked_mail, email="boris@client.test")
    Copy.objects.filter(pk=copy.pk).update(person=deal.person, dispatched_at=now)  # so that their timeline tells of it
    TrackedLink.objects.create(mail=copy.mail, number=0, target=f"https://{SECRETS['target']}", text=SECRETS["link"])
    kinds = (hits.OPEN, hits.OPEN, hits.CLICK)
    at = now.timestamp() + 600  # a person's time: what comes in the first seconds may be a machine's
    came = [hits.Hit(uuid4().hex, kind, copy.public_id, 0, at, "GET", BROWSER, "", {}, None) for kind in kinds]
    recording.record(came, now=now)
    settling.settle(now=now + timedelta(seconds=611))
    return message


def _answered_mail(alice: User, account: Account) -> None:
    """Another tracked mail, to which Boris answered."""
    sent = drafts.save(owner=alice, message=None, account=account, to="boris@client.test", cc="", bcc="", subject="Lunch", body_html="x")
    outbox.queue(message=sent, track_opens=True, track_links=True, now=timezone.now())
    Message.objects.filter(pk=sent.pk).update(folder=Message.Folder.SENT, sent_at=timezone.now())
    common: dict[str, Any] = {"owner": alice, "account": account, "thread": sent.thread, "folder": "inbox", "subject": "Re: Lunch"}
    reply = Message.objects.create(
        **common, from_email="boris@client.test", in_reply_to=sent.message_id, preview=SECRETS["answer"], body_text=SECRETS["answer"]
    )
    inbound.received(reply, b"", now=timezone.now())


def _suggestion(message: Message) -> Card:
    """What the Sales Assistant makes of two openings, as if it had been three."""
    key = suggesting.key_of(message, "plan_call")
    with translation.override("en"):
        told = suggestion_words.suggestion(Reason(message, "plan_call", 3, message.tracked_mail.copies.first()), key)  # type: ignore[union-attr]
    feed.suggest_all([told], now=timezone.now())
    return message.owner.cards.get(group_key=key)


def objects(world: World) -> dict[str, dict[str, object]]:
    """The arguments of every address that has some: Alice's own."""
    records = {name: {"pk": getattr(world, name).pk} for name in ("person", "organisation", "deal", "lead", "activity", "note")}
    thread, team = {"pk": world.message.thread_id}, {"pk": Team.objects.get(members=world.message.owner).pk}
    user, message, file = {"pk": world.message.owner_id}, {"pk": world.message.pk}, {"pk": world.attachment.pk}
    verbs = {
        "person": ("detail", "edit", "delete"),
        "organisation": ("detail", "edit", "delete"),
        "deal": ("detail", "edit", "delete", "move", "win", "lose", "reopen", "participants"),
        "lead": ("detail", "edit", "delete", "archive", "convert"),
        "activity": ("detail", "edit", "done", "move", "delete"),
        "note": ("edit", "pin", "delete"),
    }
    return {
        **{f"records:{kind}_{verb}": records[kind] for kind, names in verbs.items() for verb in names},
        **{f"mail:thread{verb}": thread for verb in ("", "_star", "_deals", "_contact", "_share")},
        "mail:undo": {"pk": world.change},
        "mail:shared_thread": thread,
        "mail:shared_body": message,
        "mail:shared_attachment": file,
        **{f"mail:{name}": message for name in MESSAGE_VERBS},
        **{f"mail:{name}": {"pk": world.draft.pk} for name in ("preview", "preview_body")},
        **{f"mail:attachment{verb}": file for verb in ("", "_thumbnail", "_preview", "_text", "_remove")},
        "mail:picture": {"token": pictures.of_part(world.message, world.attachment, now=timezone.now()).split("/")[-2]},
        **{f"mail:sync_{verb}": {"pk": world.account.pk} for verb in ("edit", "folders", "off", "card")},
        "mail:kept_mail": {"pk": world.kept},
        **{f"mail:account_{verb}": {"pk": world.account.pk} for verb in ("edit", "delete", "check", "pause", "resume", "move")},
        "mail:account_sign_in": {"sign_in": "google"},
        **{f"accounts:{name}": user for name in ("avatar", "user_edit", "user_reinvite", "user_revoke", "second_factor_reset")},
        **{f"accounts:{name}": {"pk": 1} for name in ("session_end", "role_edit", "role_delete")},
        "records:hand_over": user,
        **{f"accounts:team_{verb}": team for verb in ("edit", "delete")},
        **{f"mail:signature_{verb}": {"pk": world.account.pk} for verb in ("list", "create")},
        **{f"mail:signature_{verb}": {"pk": world.signature.pk} for verb in ("edit", "delete")},
        **{f"mail:template_{verb}": {"pk": world.template.pk} for verb in ("edit", "duplicate", "delete", "fill")},
        **{f"mail:template_folder_{verb}": {"pk": world.folder.pk} for verb in ("edit", "delete")},
        "mail:folder": {"folder": "sent"},
        **{f"records:{name}": {"kind": "person"} for name in LISTS},
        **{f"records:list_{verb}": {"pk": world.list} for verb in ("update", "edit", "delete")},
        **{f"records:{name}": {"pk": world.bulk} for name in ("bulk_detail", "bulk_run", "bulk_undo")},
        "records:pick": {"kind": "deal"},
        "records:field_edit": {"kind": "person", **records["person"], "key": "job_title"},
        **{f"records:custom_field_{verb}": {"pk": 1} for verb in ("edit", "archive", "delete")},
        **{f"records:custom_choice_{verb}": {"pk": 1} for verb in ("create", "order", "edit", "delete")},
        "records:custom_field_order": {"of": "person"},
        **{f"records:tag_{verb}": {"pk": 1} for verb in ("edit", "merge", "delete")},
        **{f"records:pipeline_{verb}": {"pk": world.deal.stage.pipeline_id} for verb in ("edit", "delete")},
        **{f"records:stage_{verb}": {"pk": world.deal.stage.pipeline_id} for verb in ("create", "order")},
        **{f"records:stage_{verb}": {"pk": world.deal.stage_id} for verb in ("edit", "delete")},
        **{f"records:reason_{verb}": {"outcome": "lost"} for verb in ("create", "order")},
        **{f"records:reason_{verb}": {"pk": 1} for verb in ("edit", "delete")},
        **{f"records:activity_kind_{verb}": {"pk": 1} for verb in ("edit", "archive", "delete")},
        **{f"records:record_{verb}": {"kind": "person", **records["person"]} for verb in ("archive", "restore", "follow", "tags", "merge")},
        "records:record_merge_with": {"kind": "person", **records["person"], "other": records["person"]["pk"] + 1},
        **{f"records:file_{verb}": {"pk": world.file} for verb in ("download", "delete")},
        "records:calendar": {"token": subscribing.renew(user=world.message.owner, now=timezone.now()).token},
        "tracking:place_remove": {"pk": world.place},
        "tracking:icons": {"pk": world.message.tracked_mail_id},
        "tracking:hit_list": {"pk": world.message.tracked_mail_id},
        "tracking:hit_correct": {"pk": world.hit},
        "notifications:card_open": {"pk": world.card},
        "notifications:card_put_away": {"pk": world.suggestion},
        **{f"consent:{name}": records["person"] for name in ("entry_create", "person_export")},
        "consent:evidence": {"pk": 1},
        "consent:rule_create": {"scope": "country"},
        "consent:preset": {"key": "consent"},
        **{f"consent:rule_{verb}": {"pk": 1} for verb in ("edit", "remove")},
        "mail:call_plan": {**message, "kind": "plan_call"},
        "mail:call_undo": {**message, "kind": "plan_call", "activity": world.activity.pk},
        **{f"privacy:{name}": {"token": _page_token(world.message)} for name in ("page", "refuse", "allow", "data_request")},
        **{f"privacy:{name}": {"token": "A" * 32} for name in ("ask", "data", "data_fetch")},
        **{f"exchange:import_{verb}": {"pk": world.imported} for verb in IMPORT_VERBS},
        "exchange:import_records": {"pk": world.imported, "outcome": "created"},
        **{f"exchange:export_{verb}": {"pk": world.exported} for verb in ("fetch", "state")},
        "privacy:request_create": {"kind": "erase_tracking"},
        "privacy:request_detail": {"pk": world.request},
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    }


def _page_token(message: Message) -> str:
    """Of the page of Boris's copy."""
    copy = Copy.objects.get(mail=message.tracked_mail, email="boris@client.test")
    return tokens.page_path(copy.public_id).split("/")[-2]


def addresses(world: World) -> dict[str, str]:
    """Every address of the site by its name."""
    known, found = objects(world), {}
    for name in _names(get_resolver()):
        try:
            found[name] = reverse(name, kwargs=known.get(name))
        except NoReverseMatch:
            pytest.fail(f"{name} is a new address with arguments: say in `objects` what of Alice's it would show.")
    return found


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"
        else:
            yield from _names(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


def queries(page: str, world: World, name: str) -> list[dict[str, object]]:
    """What somebody might ask a page without arguments for by its query."""
    records: dict[str, object] = {name: getattr(world, name).pk for name in ("person", "organisation", "deal", "lead", "activity")}
    everything = {**records, "card": world.card, "owner": "all", "is": "opened", "folder": "sent", "kind": "opened"}
    single: list[dict[str, object]] = [{name: records[name]} for name in ("organisation", "deal", "lead")]
    mails: list[dict[str, object]] = [{"reply": world.message.pk}, {"draft": world.draft.pk}]
    mails += [{"template": world.template.pk}] if page == "mail:composer" else []
    searches = name in SEARCHERS and any(word in page for word in SEARCHING)
    words: list[dict[str, object]] = [{"q": secret.split()[0].split("@")[0][:-1]} for secret in SECRETS.values()] if searches else []
    return [everything, *single, *mails, *words]


def told(response: HttpResponseBase) -> str:
    """All that an answer says: its headers and its content."""
    content = b"".join(response) if response.streaming else response.content  # type: ignore[call-overload,attr-defined]
    return f"{response.headers} {content.decode(errors='replace')}"


def leaks(response: HttpResponseBase) -> list[str]:
    """What of Alice's mail or tracking an answer gives away."""
    text = told(response)
    return [word for word in (*SECRETS.values(), *TRACES) if word in text]


def ask(client: Client, method: str, address: str, **options: Any) -> HttpResponse:
    """The answer; whatever it changed is taken back."""
    before = transaction.savepoint()
    try:
        response: HttpResponse = getattr(client, method)(address, **options)
        return response
    finally:
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_is_told_anything(name: str, request: pytest.FixtureRequest, world: World):
    client = Client()
    client.force_login(request.getfixturevalue(name))
    known, found = objects(world), {}
    for page, address in addresses(world).items():
        if page == STREAM:
            continue
        answer = ask(client, "get", address, headers={"HX-Request": "true"})
        found[page, "fragment"] = leaks(answer)
        if answer.status_code == 405:  # it is only posted to, whatever it is asked
            continue
        for query in [{}, *([] if page in known else queries(page, world, name))]:
            found[page, str(query)] = leaks(ask(client, "get", address, data=query))
    assert {page: words for page, words in found.items() if words} == {}


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_changes_anything_of_it(name: str, request: pytest.FixtureRequest, world: World):
    client = Client()
    client.force_login(request.getfixturevalue(name))
    own = (
        "mail:thread",
        "mail:message",
        "mail:undo",
        "mail:send_again",
        "mail:back_to",
        "mail:take_back",
        "mail:forward",
        "mail:preview",
        "mail:reschedule",
        "mail:attachment_",
        "mail:account_",
        "mail:signature_",
        "mail:template_",
        "tracking:icons",
        "tracking:hit_",
        "tracking:place_",
        "mail:call_",
        "notifications:card_",
        "records:list_update",
        "records:list_edit",
        "records:list_delete",
        "records:bulk_detail",
        "records:bulk_run",
        "records:bulk_undo",
    )
    for page, address in addresses(world).items():
        if page == STREAM or page.startswith("account_"):
            continue
        posted = {"draft": world.draft.pk, "account": world.account.pk, "deal": world.deal.pk, "reply": world.message.pk}
        response = ask(client, "post", address, data=posted, headers={"Accept": "application/json"})
        assert not leaks(response), page
        if page in objects(world) and page.startswith(own):
            assert response.status_code in (404, 405), page


def test_the_owner_is_told_all_of_it(alice_client: Client, world: World):
    """Else the tests above could not fail."""
    found: set[str] = set()
    for page, address in addresses(world).items():
        if page == STREAM:
            continue
        for query in ({}, {"deal": world.deal.pk}, {"draft": world.draft.pk}, {"person": world.person.pk}):
            found.update(leaks(ask(alice_client, "get", address, data=query)))
    assert {*SECRETS.values(), *TRACES[:5]} - found == set()


def test_strangers_are_let_in_nowhere_else(client: Client, world: World):
    for page, address in addresses(world).items():
        response = client.get(address)
        is_sign_in = page.startswith("account_")
        assert is_sign_in or page in PUBLIC or response.status_code in (302, 403), page
        assert not leaks(response), page
        if response.status_code == 302 and not is_sign_in:
            assert response["Location"].startswith("/account/login/"), page


def test_no_cache_on_the_way_keeps_a_page_of_somebody(alice_client: Client, world: World):
    for page, address in addresses(world).items():
        if page != STREAM:
            response = ask(alice_client, "get", address)
            told(response)  # to its end: files are closed then
            assert page in PUBLIC or "private" in response.get("Cache-Control", ""), page
