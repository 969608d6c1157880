"""What is asked before sending: once each, of the new words alone, and passed by one click."""

import html
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import attachments, reminders, scheduling
from mail.models import Account, Message
from mail.tests.test_composer import JSON, typed

pytestmark = pytest.mark.django_db
QUOTE = '<div class="gmail_quote"><div>On Monday Boris wrote:</div><blockquote class="gmail_quote">%s</blockquote></div>'


def keys(message: Message, *put: str) -> list[str]:
    return [one.key for one in reminders.due(message, put=put)]


@pytest.mark.parametrize(
    "words",
    [
        "Please find the offer attached.",
        "See the enclosed price list",
        "Anbei unser Angebot.",
        "Das Angebot finden Sie im Anhang",
        "Договор во вложении",
        "Прилагаю счёт.",
        "Veuillez trouver ci-joint notre offre",
        "Le devis est en pièce jointe",
        "Le envío adjunto el presupuesto",
        "In allegato trova l’offerta",
        "Segue em anexo a proposta",
        "Bijgevoegd vindt u de offerte",
        "W załączeniu przesyłam ofertę",
    ],
)
def test_a_promised_file_that_is_missing_is_asked_for(draft, words: str):
    message = draft(body_html=f"<p>{words}</p>")
    assert keys(message) == ["attachment"]
    attachments.add(message=message, upload=SimpleUploadedFile("offer.pdf", b"%PDF"))
    assert keys(message) == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Detached houses, an attaché, a closed deal</p>",
        "<p>Hello</p>" + QUOTE % "the offer is attached",
        '<p>Hello</p><div class="candor_signature">Certificates enclosed</div>',
        '<p>See attached</p><img src="data:image/png;base64,iVBORw0KGgo=" alt="screen">',
        "<p>Hello</p><p>&gt; the offer is attached</p>",
    ],
)
def test_only_the_new_words_can_promise(draft, html: str):
    assert keys(draft(body_html=html)) == []


def test_a_missing_subject_is_asked_for_and_nobody_in_to_is_fine(draft):
    assert keys(draft(subject="  ")) == ["subject"]
    assert keys(draft(to="", bcc="boris@client.test")) == []


def test_each_question_is_put_once_and_then_the_mail_goes(alice_client: Client, alice: User, account: Account):
    fields = {"subject": "", "body_html": "<p>The offer is attached</p>"}
    answer = alice_client.post("/mail/compose/send/", typed(alice, **fields), headers=JSON)
    told = answer.json()
    assert answer.status_code == 422
    assert told["reminders"] == ["This mail has no subject.", "You write of an attachment, but no file is attached."]
    assert Message.objects.get().folder == "drafts"
    again = typed(alice, **fields, draft=told["draft"], reminded=told["reminded"])
    assert alice_client.post("/mail/compose/send/", again, headers=JSON).status_code == 200


def test_what_is_wrong_is_told_before_what_is_asked(alice_client: Client, alice: User, account: Account):
    answer = alice_client.post("/mail/compose/send/", typed(alice, to="", subject=""), headers=JSON).json()
    assert list(answer["errors"]) == ["to"]


def test_without_script_one_button_sends_it_anyway_at_the_chosen_time(alice_client: Client, alice: User, account: Account):
    value = scheduling.written(timezone.now() + timedelta(days=2), alice.zone)
    response = alice_client.post("/mail/compose/send/", typed(alice, subject="", send_at=value))
    page, start = html.unescape(response.content.decode()), response.context["start"]
    assert response.status_code == 422
    assert "This mail has no subject." in page
    assert f'name="send_at" value="{value}" data-send-anyway>Send anyway' in page
    again = typed(alice, subject="", draft=start.draft_pk, reminded=start.reminded, send_at=value)
    assert alice_client.post("/mail/compose/send/", again)["Location"] == "/mail/outbox/"
    assert Message.objects.get().send_at is not None
