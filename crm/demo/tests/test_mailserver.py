import imaplib
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from crm.demo import maildir
from crm.demo.tests.running import ROOT, eventually, free_port


class Server:
    def __init__(self, root):
        port = free_port()
        self.root, self.smtp_port, self.imap_port = root, port + 25, port + 43
        ports = ["--smtp-port", str(self.smtp_port), "--imap-port", str(self.imap_port)]
        command = [sys.executable, "-W", "ignore", "-m", "crm.demo.mailserver", "--root", str(root), *ports]
        self.process = subprocess.Popen(command, cwd=ROOT)

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20)

    def imap(self, user="anna@brightwater.test", password="anything"):
        client = IMAPClient("127.0.0.1", self.imap_port, ssl=False, timeout=20)
        try:
            client.login(user, password)
        except LoginError:
            client.shutdown()
            raise
        return client

    def mails(self, address):
        return maildir.mails(maildir.mailbox(self.root, address))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("mail") / "root")
    eventually(lambda: all(is_open(port) for port in (started.smtp_port, started.imap_port)))
    yield started
    started.process.terminate()
    assert started.process.wait(timeout=20) == 0


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mail(message_id="<1@brightwater.test>"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "anna@brightwater.test", "boris@northgate.test", "Grüße"
    message["Message-ID"] = message_id
    message.set_content("Hello\n")
    return message


def test_each_envelope_recipient_gets_a_copy_whatever_the_header_says(server):
    with server.smtp() as client:
        client.send_message(mail(), "anna@brightwater.test", ["to@one.test", "cc@one.test", "bcc@two.test"])
    for address in ("to@one.test", "cc@one.test", "bcc@two.test"):
        [kept] = server.mails(address)
        raw = kept.path.read_bytes()
        assert f"Delivered-To: {address}".encode() in raw
        assert b"Message-ID: <1@brightwater.test>" in raw
    assert server.mails("boris@northgate.test") == []


def test_every_password_sends_but_the_wrong_one(server):
    with server.smtp() as client:
        client.login("anna@brightwater.test", "whatever")
    with server.smtp() as client, pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
        client.login("anna@brightwater.test", "wrong")
    assert refusal.value.smtp_code == 535


def test_the_bad_days_can_be_seen(server):
    with server.smtp() as client:
        refused = client.send_message(mail(), "a@brightwater.test", ["refused@x.test", "full@x.test", "good@x.test"])
    assert {address: code for address, (code, _words) in refused.items()} == {"refused@x.test": 550, "full@x.test": 450}
    assert len(server.mails("good@x.test")) == 1


@pytest.mark.parametrize(
    "address", ["a/../../etc/passwd@x.test", "../../etc/passwd@x.test", ".hidden@x.test", "nobody", "a" * 200 + "@x.test"]
)
def test_an_address_cannot_leave_the_mailboxes(server, address):
    with server.smtp() as client:
        client.ehlo()
        client.mail("a@x.test")
        if client.rcpt(address)[0] == 250:
            client.data(mail().as_bytes())
    assert {path.parent for path in server.root.rglob("new")} == {path for path in server.root.iterdir() if path.is_dir()}
    assert {path.name for path in server.root.parent.iterdir()} == {server.root.name}


def test_a_mail_of_the_largest_size_is_kept(server):
    big = mail()
    big.add_attachment(b"x" * 26_000_000, maintype="application", subtype="octet-stream", filename="big.bin")
    with server.smtp() as client:
        client.send_message(big, "a@x.test", ["big@x.test"])
    [kept] = server.mails("big@x.test")
    assert kept.path.stat().st_size > 34_000_000


def test_a_mail_is_filed_in_sent_and_found_there_by_its_message_id(server):
    with server.imap("filer@brightwater.test") as client:
        assert client.find_special_folder(b"\\Sent") == "Sent"
        raw = mail("<filed@brightwater.test>").as_bytes()
        client.append("Sent", raw, [b"\\Seen"])
        client.select_folder("Sent")
        [uid] = client.search(["HEADER", "Message-ID", "<filed@brightwater.test>"])
        assert client.search(["HEADER", "Message-ID", "<absent@brightwater.test>"]) == []
        fetched = client.fetch([uid], ["RFC822", "FLAGS"])[uid]
        assert fetched[b"RFC822"].replace(b"\r\n", b"\n") == raw
        assert b"\\Seen" in fetched[b"FLAGS"]


def test_what_came_by_smtp_is_in_the_inbox_over_imap(server):
    with server.smtp() as client:
        client.send_message(mail("<in@x.test>"), "a@x.test", ["reader@x.test"])
    with server.imap("reader@x.test") as client:
        client.select_folder("INBOX", readonly=True)
        [uid] = client.search(["HEADER", "Message-ID", "<in@x.test>"])
        assert b"Hello" in client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    assert len(server.mails("reader@x.test")) == 1  # the inbox pages find it where the mailbox server has moved it to


def test_a_wrong_password_does_not_open_a_mailbox(server):
    with pytest.raises(LoginError):
        server.imap(password="wrong")


def test_the_standard_library_s_client_works_too(server):
    client = imaplib.IMAP4("127.0.0.1", server.imap_port)
    client.login("plain@brightwater.test", "x")
    assert client.append("Sent", "(\\Seen)", "", mail("<plain@x.test>").as_bytes())[0] == "OK"
    client.select("Sent")
    assert client.search(None, "HEADER", "Message-ID", '"<plain@x.test>"')[1] == [b"1"]
    client.logout()


def test_the_server_knows_nothing_of_django():
    code = "import sys, crm.demo.mailserver; print('django' in sys.modules, 'celery' in sys.modules)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
