"""`manage.py import_mail` brings mails from files in, one at a time, and names what it cannot read."""

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.accounts.models import User
from mail import importing
from mail.models import Account, Message
from mail.tests.letters import mail

pytestmark = pytest.mark.django_db
FROM_LINE = b"From boris@client.test Tue Nov 10 10:00:00 2026\n"


def run(*files: Path, user: str = "Alice@acme.test") -> tuple[str, str, int]:
    """What it prints, what it complains of, how it ends."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_mail", *map(str, files), user=user, stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), int(end.code or 0)
    return out.getvalue(), err.getvalue(), 0


def numbered(number: int, **fields: str) -> bytes:
    return mail(Message_ID=f"<{number}@client.test>", Subject=f"Mail {number}", **fields).replace(b"\r\n", b"\n")


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_goes_into_the_archive_and_what_one_sent_into_sent(alice: User, account: Account, tmp_path: Path):
    received, own = write(tmp_path / "a.eml", numbered(1)), write(tmp_path / "b.eml", numbered(2, From="Alice <ALICE@acme.test>"))
    assert run(received, own) == ("2 imported, 0 already there, 0 not read.\n", "", 0)
    assert dict(Message.objects.values_list("subject", "folder")) == {"Mail 1": "archive", "Mail 2": "sent"}
    assert all(message.owner == alice and message.is_read and message.account is None for message in Message.objects.all())


def test_a_second_run_imports_nothing_twice(alice: User, tmp_path: Path):
    path = write(tmp_path / "a.eml", numbered(1))
    run(path)
    assert run(path) == ("0 imported, 1 already there, 0 not read.\n", "", 0)
    assert Message.objects.count() == 1


def test_an_mbox_is_taken_apart(alice: User, tmp_path: Path):
    second = numbered(2, body="One\n\n>From here on\n>>From there\nFrom nobody at all\n")
    box = write(tmp_path / "box", FROM_LINE + numbered(1) + b"\n" + FROM_LINE + second + b"\n" + FROM_LINE + numbered(3))
    assert run(box)[0] == "3 imported, 0 already there, 0 not read.\n"
    assert Message.objects.get(subject="Mail 2").body_text == "One\n\nFrom here on\n>From there\nFrom nobody at all"


def test_folders_are_searched_throughout(alice: User, tmp_path: Path):
    write(tmp_path / "2026" / "a.eml", numbered(1))
    write(tmp_path / "Maildir" / "cur" / "1700000000.M1P1.host:2,S", numbered(2))
    write(tmp_path / "old" / "box.mbox", FROM_LINE + numbered(3))
    write(tmp_path / ".hidden" / "b.eml", numbered(4))
    (tmp_path / "2026" / "round").symlink_to(tmp_path)
    assert run(tmp_path) == ("3 imported, 0 already there, 0 not read.\n", "", 0)


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(alice: User, tmp_path: Path, settings: Any):
    settings.MAX_RECEIVED_BYTES = 1024 * 1024
    write(tmp_path / "1.eml", b"")
    write(tmp_path / "2.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    write(tmp_path / "3.eml", b"Just some words, and no mail.\n")
    write(tmp_path / "4.eml", mail("x" * (1024 * 1024)))
    write(tmp_path / "5.mbox", FROM_LINE + mail("x\n" * (1024 * 1024)) + b"\n\n" + FROM_LINE + numbered(1))
    write(tmp_path / "6.eml", numbered(2))
    out, err, code = run(tmp_path, tmp_path / "absent.eml")
    assert (out, code) == ("2 imported, 0 already there, 6 not read.\n", 1)
    assert [line.removeprefix(f"{tmp_path}/") for line in err.splitlines()] == [
        "1.eml: It is empty.",
        "2.msg: It is a message of Outlook’s own format (.msg). Save it as .eml and try again.",
        "3.eml: It has no headers of a mail.",
        "4.eml: It is larger than 1 MB.",
        "5.mbox (1): It is larger than 1 MB.",
        "absent.eml: No such file or directory",
    ]


def test_a_large_mbox_is_read_one_mail_at_a_time(tmp_path: Path):
    one = FROM_LINE + mail("x" * 400_000).replace(b"\r\n", b"\n") + b"\n\n"
    box = write(tmp_path / "box", one * 50)
    tracemalloc.start()
    try:
        number = sum(1 for found in importing.mails_in(box) if found.raw)
        _size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert number == 50
    assert peak < 10 * len(one)


def test_somebody_has_to_own_the_mail(db: None, tmp_path: Path):
    with pytest.raises(CommandError, match=r"Nobody signs in as nobody@acme\.test\."):
        run(write(tmp_path / "a.eml", numbered(1)), user="nobody@acme.test")
