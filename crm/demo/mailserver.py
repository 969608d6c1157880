"""The demo's mail server: SMTP that accepts everything and keeps it, IMAP on the same mailboxes; loopback only.

Run by the supervisor as `python -m crm.demo.mailserver --root … --smtp-port … --imap-port …`. It knows nothing of
Django. Every password opens every mailbox, except the word “wrong”, so that people can see that day too; mail to
`refused@…` is refused for good (550), mail to `full@…` for the time being (450).
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from crm.demo import maildir
from crm.demo.mailbox_server import start_imap

HOST = "127.0.0.1"
WRONG_PASSWORD = "wrong"
LARGEST = 60 * 1024 * 1024  # bytes of one mail
ANSWERS = {
    "refused": "550 5.1.1 This mailbox does not exist (the demo refuses it on purpose)",
    "full": "450 4.2.2 This mailbox is full, try again later (the demo says so on purpose)",
}
log = logging.getLogger("demo.mail")


class Keeper:
    """Keeps each accepted mail in the mailbox of each envelope recipient: Cc and Bcc get their own copies."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = ANSWERS.get(address.partition("@")[0].lower())
        if answer:
            return answer
        try:
            maildir.mailbox(self.root, address)
        except ValueError:
            return "553 5.1.3 That is not an address this server can keep mail for"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        try:
            for address in dict.fromkeys(envelope.rcpt_tos):
                head = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {address}\r\n".encode()
                maildir.deliver(self.root, address, head + content)
        except OSError as error:
            log.error("A mail could not be kept: %s", error.strerror)
            return "452 4.3.1 The demo's disk does not take it"
        return "250 2.0.0 Kept"


def may_sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object) -> AuthResult:
    """Whoever comes may send, with whatever password but the wrong one."""
    is_wrong = isinstance(credentials, LoginPassword) and credentials.password == WRONG_PASSWORD.encode()
    return AuthResult(success=not is_wrong, handled=False)


async def serve(root: Path, smtp_port: int, imap_port: int) -> None:
    """Serve both protocols until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    keeper = Keeper(root)
    smtp = await loop.create_server(lambda: _session(keeper), HOST, smtp_port)
    imap = await start_imap(root, HOST, imap_port, wrong_password=WRONG_PASSWORD)
    await stopping.wait()
    smtp.close()
    imap.close()


def _session(keeper: Keeper) -> SMTP:
    return SMTP(
        keeper,
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        hostname="demo.candor.test",
        ident="Candor demo mail",
        authenticator=may_sign_in,
        auth_require_tls=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--imap-port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="{asctime} {levelname} {name}: {message}", style="{")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's own log names every address
    asyncio.run(serve(options.root, options.smtp_port, options.imap_port))


if __name__ == "__main__":
    main()
