"""Passwords and tokens at rest: their key can be changed, and one that was lost is told where it matters and stops nothing else."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.lib.encryption import CannotDecrypt, is_readable
from mail import bounces
from mail.models import Account, Message
from mail.tests.fake_imap import FakeImap
from mail.tests.fake_smtp import FakeServer
from mail.tests.filing import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(account: Account) -> Account:
    account.imap_host, account.imap_password = "127.0.0.1", "other"
    account.save()
    return account


def stored(account: Account) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT smtp_password FROM mail_account WHERE id = %s", [account.pk])
        return str(cursor.fetchone()[0])


def test_a_lost_key_stops_nothing_but_the_reading_of_the_value(account: Account, settings) -> None:
    before = stored(account)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    found = Account.objects.get()
    assert not is_readable(found)
    with pytest.raises(CannotDecrypt):
        _ = found.smtp_password
    found.sender_name = "Alice"
    found.save()
    assert stored(account) == before


def test_every_stored_value_is_renewed_with_the_newest_key(account: Account, settings, capsys) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    call_command("rotate_credentials", "--dry-run")
    assert "2 would be encrypted with the newest key, 0 had it already." in capsys.readouterr().out
    call_command("rotate_credentials")
    assert "2 encrypted with the newest key, 0 had it already. Only the newest key" in capsys.readouterr().out
    settings.CREDENTIAL_KEYS = [new]
    assert (Account.objects.get().smtp_password, Account.objects.get().imap_password) == ("secret", "other")
    call_command("rotate_credentials")
    assert "0 encrypted with the newest key, 2 had it already." in capsys.readouterr().out


def test_what_no_key_reads_is_told_and_left(account: Account, settings) -> None:
    before = stored(account)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="2 can be read with none of the keys"):
        call_command("rotate_credentials")
    assert stored(account) == before


def test_with_a_lost_key_every_page_is_there_and_says_what_to_do(
    alice_client: Client, account: Account, queued: Callable[..., Message], settings
):
    message = queued()
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    edit = f"/settings/email-sync/accounts/{account.pk}/"
    for page in (
        "/mail/outbox/",
        "/mail/compose/",
        f"/mail/compose/?reply={message.pk}",
        f"/mail/threads/{message.thread_id}/",
        f"{edit}disconnect/",
    ):
        assert alice_client.get(page).status_code == 200, page
    assert "cannot be read any more" in alice_client.get("/settings/email-sync/").content.decode()
    assert "Type it again." in alice_client.get(edit).content.decode()
    tested = alice_client.post(f"{edit}test/").content.decode()
    assert tested.count("The stored password cannot be read any more") >= 2
    for verb in ("pause", "resume", "move"):
        assert alice_client.post(f"{edit}{verb}/").status_code == 302
    work()
    assert "cannot be read any more" in message.deliveries.get().error


def test_a_lost_key_is_mended_by_typing_the_password_again(alice_client: Client, account: Account, server: FakeServer, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    typed = {"email": account.email, "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "smtp_username": "alice"}
    typed |= {"imap_port": 993, "imap_security": "tls"}
    page = f"/settings/email-sync/accounts/{account.pk}/"
    alice_client.post(page, {**typed, "smtp_password": "typed again"})
    assert Account.objects.get().smtp_password == "typed again"


def test_the_worker_goes_on_past_an_account_whose_key_is_lost(account: Account, mailbox: FakeImap, settings, caplog):
    Account.objects.update(bounces_due_at=timezone.now())
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    bounces.look(now=timezone.now())
    assert f"The Inbox of account {account.pk} could not be searched for returned mail: unreadable" in caplog.text
    assert mailbox.commands.count("logout") == 1
