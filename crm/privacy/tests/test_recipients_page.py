"""The recipient's page: what it tells, to whom, and what it does only when a button is pressed."""

import logging

import pytest
from django.test import Client

from crm.consent import ledger
from crm.consent.models import Consent, Question, Settings
from crm.privacy import words
from crm.privacy.models import Request
from crm.privacy.tests.delivered import link_in, mailed
from mail.models import Message
from tracking import tokens
from tracking.models import Copy, Event

BUTTONS = ("refuse/", "allow/", "data/")


def in_force(email: str = "boris@client.test") -> str:
    entry = ledger.in_force([email]).get(email)
    return entry.state if entry else ""


def page(copy, **query) -> str:
    return Client().get(copy.page, query).content.decode()


def test_it_says_who_sent_the_mail_what_is_tracked_and_for_how_long(copy):
    response = Client().get(copy.page)
    text = response.content.decode()
    assert response.status_code == 200
    for sentence in (
        "Alice Ahrens of Acme GmbH sent this mail.",
        "When the mail is opened",
        "When a link in it is followed",
        "The network address from which that happened is kept.",
        "All of it is deleted after 730 days.",
        "You have not been asked, or have not answered.",
        "privacy@acme.test",
        "b…@client.test",
    ):
        assert sentence in text, sentence
    assert "boris@client.test" not in text
    assert "Offer" not in text, "whoever holds the link learns nothing of the mail"


def test_it_needs_no_session_sets_no_cookie_and_is_kept_by_nobody(copy):
    response = Client().get(copy.page)
    assert not response.cookies
    assert (response["Referrer-Policy"], response["X-Robots-Tag"]) == ("no-referrer", "noindex, nofollow")
    assert "no-store" in response["Cache-Control"]
    assert "<script" not in response.content.decode()


def test_a_coarse_copy_says_that_only_a_day_is_kept(copy):
    Copy.objects.update(is_coarse=True)
    assert "Only the last day on which the mail was opened" in page(copy)
    assert "When a link in it is followed" not in page(copy)


@pytest.mark.parametrize(("kept", "words_of_it"), [(0, "nothing is kept"), (1, "only the network is kept")])
def test_it_says_what_is_kept_of_an_address(copy, kept, words_of_it):
    Copy.objects.update(kept=kept, kept_days=7)
    assert words_of_it in page(copy)
    assert ("After 7 days nothing of it is left." in page(copy)) == bool(kept)


def test_it_speaks_the_browsers_language_and_lets_it_be_changed(copy):
    russian = Client().get(copy.page, headers={"Accept-Language": "ru"})
    assert 'lang="ru"' in russian.content.decode()
    assert f'href="{copy.page}?lang=en"' in russian.content.decode()
    assert '<html lang="en">' in Client().get(copy.page, {"lang": "en"}, headers={"Accept-Language": "ru"}).content.decode()
    assert '<html lang="en">' in page(copy, lang="xx")


def test_one_press_refuses_and_later_hits_are_not_recorded(copy):
    assert copy.read() == 3
    response = Client(enforce_csrf_checks=True).post(f"{copy.page}refuse/")
    assert response.status_code == 302
    entry = ledger.in_force(["boris@client.test"])["boris@client.test"]
    assert (entry.state, entry.source, entry.wording_version) == ("refused", "page", words.WORDING_VERSION)
    assert entry.wording == words.refusal("Alice Ahrens")
    assert copy.read() == 0
    text = Client().get(response["Location"]).content.decode()
    assert "Your reading is not tracked." in text
    assert "Nothing is recorded of this copy any more." in text
    assert "Allow it" in text
    assert "Do not track my reading" not in text


def test_pressing_twice_writes_once(copy):
    for _time in range(2):
        Client().post(f"{copy.page}refuse/")
    assert Consent.objects.count() == 1


def test_who_had_agreed_withdraws(copy, alice):
    ledger.record(email="boris@client.test", state="granted", source="hand", at=copy.message.at, actor=alice)
    assert "You agreed on" in page(copy)
    assert copy.read() == 3
    Client().post(f"{copy.page}refuse/")
    assert in_force() == "withdrawn"
    assert copy.read() == 0
    assert "You took your consent back on" in page(copy)


def test_a_page_does_not_claim_what_nobody_pressed(copy):
    assert "Your reading is not tracked" not in page(copy, said="refused")


def test_agreeing_again_takes_a_mail_to_the_very_address(copy):
    Client().post(f"{copy.page}refuse/")
    Client().post(f"{copy.page}allow/", {"email": "mallory@evil.test"})
    (letter,) = mailed()
    assert letter.to == ["boris@client.test"]
    assert in_force() == "refused", "whoever pressed may be anybody"
    link = link_in(letter)
    question = Client().get(link).content.decode()
    assert "May Alice Ahrens (Acme GmbH) see" in question
    assert "boris@client.test" not in question
    assert in_force() == "refused"
    assert "Your yes is recorded" in Client().post(link, {"answer": "yes"}).content.decode()
    entry = ledger.in_force(["boris@client.test"])["boris@client.test"]
    assert (entry.state, entry.source) == ("granted", "mail")
    for method in ("get", "post"):
        again = getattr(Client(), method)(link, {"answer": "no"})
        assert again.status_code == 410
        assert "no longer works" in again.content.decode()
    assert in_force() == "granted"


def test_a_no_by_mail_is_a_refusal(copy):
    Client().post(f"{copy.page}allow/")
    (letter,) = mailed()
    assert "Your no is recorded" in Client().post(link_in(letter), {"answer": "no"}).content.decode()
    assert in_force() == "refused"
    assert copy.read() == 0


def test_an_answer_that_is_none_changes_nothing(copy):
    Client().post(f"{copy.page}allow/")
    (letter,) = mailed()
    assert Client().post(link_in(letter), {"answer": "maybe"}).status_code == 200
    assert in_force() == ""


def test_the_link_cannot_be_used_to_flood_its_recipient(copy):
    for _time in range(5):
        Client().post(f"{copy.page}allow/")
        mailed()
    assert len(mailed()) == 3


def test_too_many_presses_are_told_to_wait(copy):
    codes = [Client().post(f"{copy.page}refuse/").status_code for _time in range(22)]
    assert codes[:20] == [302] * 20
    assert codes[-1] == 429


def test_reading_changes_nothing_whoever_reads(copy):
    copy.read()
    Client().post(f"{copy.page}allow/")
    Client().post(f"{copy.page}data/")
    pages = [copy.page, *(f"{copy.page}{button}" for button in BUTTONS)]
    for letter in mailed():
        pages += [link_in(letter), f"{link_in(letter)}zip/"]
    models = (Consent, Copy, Event, Message, Question, Request, Settings)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    for address in pages:
        for method in ("get", "head", "options"):
            getattr(Client(), method)(address, {"answer": "yes", "email": "boris@client.test"})
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_a_shared_copy_asks_for_the_address_and_takes_only_those_of_its_mail(delivered):
    (copy,) = delivered(cc="Carla <carla@other.test>", tell_apart=False)
    assert copy.copy.email == ""
    text = page(copy)
    assert "Your email address, at which you got the mail" in text
    assert "client.test" not in text
    assert "other.test" not in text
    answers = {}
    for email in ("nobody@else.test", "carla@other.test", "not an address", "a@b\0", ""):
        response = Client().post(f"{copy.page}refuse/", {"email": email})
        answers[email] = (response.status_code, response["Location"], Client().get(response["Location"]).content.decode())
    assert {email: in_force(email) for email in answers if email.endswith(".test")} == {
        "nobody@else.test": "",
        "carla@other.test": "refused",
    }
    seen = {email: (code, place, said.partition("What is recorded")[0]) for email, (code, place, said) in answers.items()}
    assert len(set(seen.values())) == 1, "the answer says of nobody whether they got the mail"
    assert "If this address got that mail" in seen[""][2]
    assert copy.read() == 0, "one body cannot tell who opens it"


def test_a_shared_copy_mails_nothing_to_strangers(delivered):
    (copy,) = delivered(cc="Carla <carla@other.test>", tell_apart=False)
    for email in ("nobody@else.test", "CARLA@other.test"):
        Client().post(f"{copy.page}allow/", {"email": email})
        Client().post(f"{copy.page}data/", {"email": email})
    assert [letter.to for letter in mailed()] == [["carla@other.test"], ["carla@other.test"]]


def test_a_shared_copy_whose_mail_is_gone_stops_for_whoever_asks(delivered):
    (copy,) = delivered(cc="Carla <carla@other.test>", tell_apart=False)
    Message.objects.all().delete()
    Client().post(f"{copy.page}refuse/", {"email": "carla@other.test"})
    assert copy.read() == 0


def test_a_copy_that_was_erased_says_so(copy):
    address = copy.page
    Copy.objects.all().delete()
    response = Client().get(address)
    assert response.status_code == 200
    assert "Nothing is stored any more" in response.content.decode()
    for button in BUTTONS:
        assert Client().post(f"{address}{button}").status_code == 302
    assert not mailed()
    assert copy.read() == 0


def test_a_link_that_we_did_not_sign_leads_nowhere(copy):
    genuine = tokens.page_path(copy.copy.public_id)
    forged = f"{genuine[:-2]}{'Q' if genuine[-2] == 'A' else 'A'}/"
    for address in (forged, "/p/nonsense/"):
        refused = Client().get(address)
        assert (refused.status_code, refused.content) == (404, b"Not found.")
        assert refused["Referrer-Policy"] == "no-referrer"
        for button in BUTTONS:
            assert Client().post(f"{address}{button}").status_code == 404
    assert Client().get("/p/ask/nonsense/").status_code == 410
    assert Client().get("/p/data/nonsense/").status_code == 410


def test_each_recipient_sees_their_own_page_alone(delivered):
    first, second = delivered(cc="Carla <carla@other.test>")
    Client().post(f"{first.page}refuse/")
    assert "carla" not in page(first).casefold()
    assert "other.test" not in page(first)
    assert "You refused" not in page(second)
    assert "client.test" not in page(second)
    assert in_force("carla@other.test") == ""


def test_no_token_and_no_address_is_logged(copy, caplog):
    from crm.lib.logs import MaskTokens

    Client().post(f"{copy.page}allow/")
    Client().post(f"{copy.page}data/")
    links = [copy.page, *(link_in(letter) for letter in mailed())]
    caplog.handler.addFilter(MaskTokens())
    caplog.set_level(logging.DEBUG)
    for link in links:
        Client().get(link)
        Client().get(f"{link}nothing/")
        Client().post(f"{link}nothing/")
        Client().put(link)
    lines = "\n".join(caplog.messages)
    assert "/p/" in lines
    assert not [link for link in links if link.split("/")[-2] in lines]
    assert "boris" not in lines
