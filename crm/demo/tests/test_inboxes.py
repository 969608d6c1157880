from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from django.conf import settings
from django.test import Client

from crm.demo import maildir, reading
from crm.demo.company import PAGES

pytestmark = [pytest.mark.django_db, pytest.mark.urls("crm.demo.tests.urls")]
BORIS = "boris@northgate.test"
PIXEL = "http://track.test/i/AAAAAAAAAAAAAAAAAAAAAA.gif"
HOSTILE = f"""<p onclick="steal()" style="color:red">Hello</p><script>steal()</script><style>p {{ color: red }}</style>
<a href="https://example.com/a?b=1&amp;c=%20">link</a> <a href="javascript:steal()">js</a> <a href="data:text/html,x">data</a>
<iframe src="https://evil.test"></iframe><form action="https://evil.test"><input></form><meta http-equiv="refresh" content="0;url=x">
<img src="{PIXEL}" width="1" height="1"><img src="cid:pic"><img src="/settings/"><svg onload="steal()"></svg><base href="https://evil.test">"""


@pytest.fixture
def root(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "demo-mail"


def mail(html="<p>Hello Boris</p>", subject="Proposal"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <anna@brightwater.test>", f"Boris Petrov <{BORIS}>", subject
    message.set_content("Hello Boris, see https://example.com/plain\n")
    message.add_alternative(html, subtype="html")
    body = message.get_body(("html",))
    assert isinstance(body, EmailMessage)
    body.add_related(b"\x89PNG", "image", "png", cid="<pic>", filename="pic.png")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Angebot März.pdf")
    message.add_attachment("<script>steal()</script>", subtype="html", filename="page.html")
    return message.as_bytes()


def get(path, **headers):
    return Client(headers=headers).get(path, headers={"host": "testserver"})


def test_the_index_lists_customers_and_colleagues_apart(root):
    maildir.deliver(root, BORIS, mail())
    maildir.deliver(root, "tom@brightwater.test", mail())
    page = get("/inboxes/").content.decode()
    assert page.index("Customers") < page.index(BORIS) < page.index("Colleagues") < page.index("tom@brightwater.test")


def test_an_empty_demo_says_so(root):
    assert "No mail has been sent yet" in get("/inboxes/").content.decode()
    assert "Nothing here yet" in get(f"/inboxes/{BORIS}/").content.decode()


def test_the_mailbox_says_whose_it_is_and_lists_the_newest_first(root):
    maildir.deliver(root, BORIS, mail(subject="Older"), at=datetime(2026, 11, 1, tzinfo=UTC))
    maildir.deliver(root, BORIS, mail(subject="Newer"), at=datetime(2026, 11, 2, tzinfo=UTC))
    page = get(f"/inboxes/{BORIS}/").content.decode()
    assert "This is Boris Petrov’s own mailbox in the demo; Candor’s users cannot see it." in page
    assert page.index("Newer") < page.index("Older")
    assert "frame.css" not in page  # not the CRM's look


def test_a_new_mail_comes_with_the_poll_and_nothing_otherwise(root):
    first = get(f"/inboxes/{BORIS}/list?seen=")
    assert first.status_code == 200
    seen = first.content.decode().split('data-seen="')[1].split('"')[0]
    assert get(f"/inboxes/{BORIS}/list?seen={seen}").status_code == 204
    maildir.deliver(root, BORIS, mail(subject="Fresh"))
    assert "Fresh" in get(f"/inboxes/{BORIS}/list?seen={seen}").content.decode()


def test_an_opened_mail_shows_its_headers_files_and_text_and_counts_as_read(root):
    key = maildir.deliver(root, BORIS, mail())
    assert "is-unread" in get(f"/inboxes/{BORIS}/").content.decode()
    page = get(f"/inboxes/{BORIS}/{key}/").content.decode()
    assert "Boris Petrov" in page
    assert "Angebot März.pdf" in page
    assert 'href="https://example.com/plain"' in page  # the text part
    assert "pic.png" not in page  # a picture of the text is no attachment
    assert "is-unread" not in get(f"/inboxes/{BORIS}/").content.decode()


def test_the_body_is_shown_without_anything_that_could_run(root):
    key = maildir.deliver(root, BORIS, mail(HOSTILE))
    response = get(f"/inboxes/{BORIS}/{key}/body")
    page = response.content.decode().partition("<body>")[2]
    for danger in ("steal", "javascript:", "data:text", "<iframe", "<form", "<input", "<meta", "<base", "<svg", "/settings/", "<style"):
        assert danger not in page, danger
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_its_pictures_load_and_its_links_open_in_a_new_tab(root):
    key = maildir.deliver(root, BORIS, mail(HOSTILE))
    response = get(f"/inboxes/{BORIS}/{key}/body")
    page = response.content.decode()
    assert f'src="{PIXEL}"' in page
    assert 'href="https://example.com/a?b=1&amp;c=%20" target="_blank" rel="noopener noreferrer"' in page
    assert "img-src http: https: data:" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    picture = page.split(f'src="/inboxes/{BORIS}/{key}/parts/')[1].split('"')[0]
    part = get(f"/inboxes/{BORIS}/{key}/parts/{picture}")
    assert (part.content, part.headers["Content-Type"]) == (b"\x89PNG", "image/png")


def test_a_file_is_saved_and_never_run(root):
    key = maildir.deliver(root, BORIS, mail())
    parts = reading.open_mail(maildir.mails(maildir.mailbox(root, BORIS))[0]).attachments
    assert [part.name for part in parts] == ["Angebot März.pdf", "page.html"]
    response = get(f"/inboxes/{BORIS}/{key}/parts/{parts[1].number}")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_the_original_is_shown_as_text(root):
    key = maildir.deliver(root, BORIS, mail(HOSTILE))
    response = get(f"/inboxes/{BORIS}/{key}/source")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_neither_need_nor_start_a_session(root):
    key = maildir.deliver(root, BORIS, mail())
    for path in ("/inboxes/", f"/inboxes/{BORIS}/", f"/inboxes/{BORIS}/{key}/", f"/inboxes/{BORIS}/{key}/body"):
        response = get(path)
        assert response.status_code == 200, path
        assert set(response.cookies) <= {settings.CSRF_COOKIE_NAME}, path  # what a form needs, and no more


def test_what_is_no_mailbox_or_no_mail_is_not_found(root):
    key = maildir.deliver(root, BORIS, mail())
    for path in ("nobody/", f"{BORIS}/unknown/", f"{BORIS}/{key}/parts/99", f"carla@x.test/{key}/", f"{BORIS}/..%2f..%2fkeys.json/"):
        assert get(f"/inboxes/{path}").status_code == 404, path


BROKEN = [
    b"",
    b"\xff\xfe\x00garbage",
    b"Subject: =?utf-8?b?!!!?=\r\nFrom: =?x-unknown?q?=FF?= <a@b\r\n\r\nbody",
    b"Content-Type: text/html; charset=no-such\r\n\r\n<p>\xe9",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>unclosed",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    b"To: " + b"a" * 5000 + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
    b"Content-Type: multipart/related; boundary=y\r\n\r\n--y\r\nContent-Type: image/png\r\nContent-ID: \r\n\r\n--y--",
]


@pytest.mark.parametrize("raw", BROKEN)
def test_broken_mails_are_shown_as_far_as_they_can_be_read(root, raw):
    key = maildir.deliver(root, BORIS, raw)
    assert get(f"/inboxes/{BORIS}/{key}/").status_code == 200
    assert get(f"/inboxes/{BORIS}/{key}/body").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_the_company_s_web_site_has_the_pages_that_the_mails_link_to(root, page):
    assert PAGES[page].lead.split(",")[0] in get(f"/site/{page}/").content.decode()


def test_an_unknown_page_of_the_web_site_is_not_found(root):
    assert get("/site/nothing/").status_code == 404


def test_an_answer_is_threaded_and_lies_in_the_senders_mailbox(root):
    key = maildir.deliver(root, BORIS, b"Message-ID: <1@brightwater.test>\r\n" + mail())
    answer = {"text": "Friday suits me.\nBoris"}
    page = Client().post(f"/inboxes/{BORIS}/{key}/reply", answer, follow=True, headers={"host": "testserver"})
    assert "Your answer is on its way" in page.content.decode()
    [stored] = maildir.mails(maildir.mailbox(root, "anna@brightwater.test"))
    came = reading.open_mail(stored)
    assert (came.subject, came.sender) == ("Re: Proposal", f"Boris Petrov <{BORIS}>")
    assert came.text.startswith("Friday suits me.\nBoris\n")
    assert "> Hello Boris" in came.text
    assert reading.header(stored, "In-Reply-To") == reading.header(stored, "References") == "<1@brightwater.test>"


def test_an_empty_answer_is_not_sent(root):
    key = maildir.deliver(root, BORIS, mail())
    Client().post(f"/inboxes/{BORIS}/{key}/reply", {"text": "  "}, headers={"host": "testserver"})
    assert not maildir.mails(maildir.mailbox(root, "anna@brightwater.test"))
