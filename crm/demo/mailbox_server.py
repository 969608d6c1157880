"""The IMAP half of the demo's mail server: pymap on the Maildirs that the SMTP half writes."""

import asyncio
import logging
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.maildir import Config, FilterSet, Identity, Login, Session
from pymap.backend.maildir.layout import MaildirLayout
from pymap.backend.maildir.mailbox import MailboxSet, Maildir
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPServer

from crm.demo import maildir

FOLDERS = ("Drafts", "Sent", "Archive", "Trash")


class DemoConfig(Config):
    """pymap's settings for Maildirs; the stock greeting asks the network for the host's name."""

    greeting = b"Candor demo mailboxes"


class DemoLogin(Login):
    """Lets everybody into the mailbox of the address that they name."""

    def __init__(self, config: DemoConfig, root: Path, wrong_password: str) -> None:
        super().__init__(config)
        self.root = root
        self.wrong_password = wrong_password

    async def authenticate(self, credentials: Any) -> Identity:
        try:
            maildir.mailbox(self.root, credentials.authcid)
        except ValueError:
            raise InvalidAuth from None
        if getattr(credentials, "_secret", None) == self.wrong_password:
            raise InvalidAuth
        return DemoIdentity(self.config, self.tokens, credentials.authcid, None, set())

    async def authorize(self, authenticated: Any, authzid: str) -> Identity:
        return DemoIdentity(self.config, self.tokens, authzid, None, set())


class DemoIdentity(Identity):
    """Opens a mailbox by its address instead of by a table of users."""

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        folder = maildir.mailbox(Path(self._base_dir), self.name)
        maildir.prepare(folder)
        layout = MaildirLayout.get(str(folder), "++", Maildir)
        for name in FOLDERS:
            if not Path(layout.get_path(name, "/")).is_dir():
                layout.add_folder(name, "/")
        mailboxes = MailboxSet(Maildir(str(folder), create=False), layout)
        yield Session(self.name, self.config, mailboxes, FilterSet(str(folder)))


async def start_imap(root: Path, host: str, port: int, *, wrong_password: str) -> asyncio.Server:
    """Listen for IMAP on loopback; returns the running server."""
    logging.getLogger("pymap").setLevel(logging.WARNING)
    settings = Namespace(
        base_dir=str(root),
        layout="++",
        colon=None,
        concurrency=2,
        host=host,
        port=port,
        debug=False,
        cert=None,
        key=None,
        tls=False,
        passlib_cfg=None,
        proxy_protocol=None,
    )
    config = DemoConfig.from_args(settings, reject_dnsbl=False)
    config.apply_context()
    connection = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(DemoLogin(config, root, wrong_password), config))
    return await asyncio.start_server(connection, host, port)
