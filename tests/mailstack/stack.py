"""A real mail system on loopback for one test run: Postfix takes mail, Dovecot keeps it and serves it by IMAP.

Everything lies in a throw-away folder under free ports, runs in the foreground as our own child and ends with us. Nothing
can leave the machine: what is not for `DOMAIN` is refused. Needs root, as both servers do to start.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from imapclient import IMAPClient

from tests.mailstack.certificates import Authority

DOMAIN = "candor.test"
PASSWORDS = {f"{name}@{DOMAIN}": f"{name}-pw" for name in ("alice", "boris", "carla", "dora")}
LOST = f"lost@{DOMAIN}"  # Postfix takes it, Dovecot does not know it: a real bounce comes back
SENT, FILED = "Sent Items", "Sent"  # the second where the server files: an address with a space in it would be no end of trouble
SBIN = "/usr/lib/postfix/sbin"
START_SECONDS = 20


class MailStack:
    """Use as a context manager. `refusals` maps a recipient to what RCPT answers, and may change at any time.

    What the users `filed_for` send is put into their Sent by the server itself, exactly as it went over the wire.
    """

    def __init__(self, *, filed_for: Iterable[str] = ()) -> None:
        self._filed_for = list(filed_for)
        self.folder = Path(tempfile.mkdtemp(prefix="candor-mail-"))
        self.folder.chmod(0o755)
        self.authority = Authority(self.folder)
        self.refusals: dict[str, str] = {}
        self.smtp_port, self.imap_port, self.imaps_port, self._lmtp_port, self._sasl_port = _free_ports(5)
        self._policy = _PolicyServer(self.refusals)
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._certificate = self.authority.issue("localhost", "127.0.0.1")
        try:
            self._start_dovecot()
            self._start_postfix()
            for port in (self.smtp_port, self.imap_port, self.imaps_port, self._lmtp_port, self._sasl_port):
                self._wait_for(port)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End both servers, by their own process ids, and remove everything."""
        self._policy.close()
        for child in self._children:
            child.send_signal(signal.SIGTERM)
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
            if child.poll() is None:
                child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mailbox(self, user: str) -> IMAPClient:
        """A signed-in IMAP connection of one of the users."""
        client = IMAPClient("127.0.0.1", self.imap_port, ssl=False)
        client.login(user, PASSWORDS[user])
        return client

    def wait_for_mail(self, user: str, folder: str = "INBOX", *, subject: str, seconds: float = 15) -> bytes:
        """The newest mail with this in its subject, as it lies there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.mailbox(user) as client:
                client.select_folder(folder)
                found = client.search(["SUBJECT", subject])
                if found:
                    return bytes(client.fetch(found[-1:], ["BODY.PEEK[]"])[found[-1]][b"BODY[]"])
            time.sleep(0.2)
        raise AssertionError(f"no mail “{subject}” in {folder} of {user}\n{self.log()}")

    def log(self, *, lines: int = 25) -> str:
        """The last lines that each server wrote."""
        files = [path for path in self.folder.glob("*.log") if path.is_file()]
        return "\n".join(line for path in files for line in path.read_text(errors="replace").splitlines()[-lines:])

    def _start_dovecot(self) -> None:
        mail = self.folder / "mail"
        mail.mkdir()
        owner = pwd.getpwnam("mail")
        os.chown(mail, owner.pw_uid, owner.pw_gid)
        users = "".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in PASSWORDS.items())
        (self.folder / "users").write_text(users)
        config = self.folder / "dovecot.conf"
        config.write_text(self._dovecot_config())
        self._run("dovecot", ["/usr/sbin/dovecot", "-F", "-c", str(config)])

    def _dovecot_config(self) -> str:
        here, pair = self.folder, self._certificate
        return f"""
            base_dir = {here}/run
            state_dir = {here}/state
            listen = 127.0.0.1
            protocols = imap lmtp
            log_path = {here}/dovecot.log
            ssl = yes
            ssl_cert = <{pair.certificate}
            ssl_key = <{pair.key}
            disable_plaintext_auth = no
            auth_mechanisms = plain login
            auth_failure_delay = 0
            mail_uid = mail
            mail_gid = mail
            first_valid_uid = 1
            mail_location = maildir:{here}/mail/%u
            passdb {{
              driver = passwd-file
              args = {here}/users
            }}
            userdb {{
              driver = static
              args = uid=mail gid=mail home={here}/mail/%u
            }}
            namespace inbox {{
              inbox = yes
              mailbox "{SENT if not self._filed_for else FILED}" {{
                auto = subscribe
                special_use = \\Sent
              }}
            }}
            lmtp_save_to_detail_mailbox = yes
            service imap-login {{
              inet_listener imap {{
                port = {self.imap_port}
              }}
              inet_listener imaps {{
                port = {self.imaps_port}
                ssl = yes
              }}
            }}
            service lmtp {{
              inet_listener lmtp {{
                address = 127.0.0.1
                port = {self._lmtp_port}
              }}
            }}
            service auth {{
              inet_listener sasl {{
                address = 127.0.0.1
                port = {self._sasl_port}
              }}
            }}
            service anvil {{
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
        """

    def _start_postfix(self) -> None:
        etc, queue, data = self.folder / "postfix", self.folder / "queue", self.folder / "data"
        for folder in (etc, queue, data):
            folder.mkdir()
        os.chown(data, pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
        (etc / "main.cf").write_text(_lines(self._main_cf(queue, data)))
        (etc / "master.cf").write_text(self._master_cf())
        (etc / "recipients").write_text("".join(f"{address} here\n" for address in (*PASSWORDS, LOST)))
        (etc / "filed").write_text("".join(f"{user} {user.replace('@', f'+{FILED}@')}\n" for user in self._filed_for))
        (etc / "dynamicmaps.cf").touch()
        environment = {"MAIL_CONFIG": str(etc), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        subprocess.run(["/usr/sbin/postfix", "-c", str(etc), "check"], env=environment, check=True, capture_output=True)
        self._run("postfix", [f"{SBIN}/master", "-c", str(etc), "-d"], environment)

    def _main_cf(self, queue: Path, data: Path) -> dict[str, object]:
        return {
            "compatibility_level": "3.6",
            "queue_directory": queue,
            "data_directory": data,
            "command_directory": "/usr/sbin",
            "daemon_directory": SBIN,
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "multi_instance_enable": "yes",
            "multi_instance_name": "postfix-candor",
            "maillog_file": f"{self.folder}/postfix.log",
            "maillog_file_prefixes": self.folder,
            "myhostname": f"mx.{DOMAIN}",
            "mydestination": "",
            "mynetworks": "127.0.0.1/32",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "disable_dns_lookups": "yes",
            "smtpd_peername_lookup": "no",
            "alias_maps": "",
            "local_recipient_maps": "",
            "local_transport": "error:no local users",
            "default_transport": "error:5.7.1 no mail leaves this machine",
            "relay_transport": "error:5.7.1 no mail leaves this machine",
            "virtual_mailbox_domains": DOMAIN,
            "virtual_mailbox_maps": f"texthash:{self.folder}/postfix/recipients",
            "sender_bcc_maps": f"texthash:{self.folder}/postfix/filed",
            "recipient_delimiter": "+",
            "virtual_transport": f"lmtp:inet:127.0.0.1:{self._lmtp_port}",
            "lmtp_host_lookup": "native",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_recipient_restrictions": f"check_policy_service inet:127.0.0.1:{self._policy.port}",
            "smtpd_client_connection_rate_limit": "0",
            "smtpd_tls_cert_file": self._certificate.certificate,
            "smtpd_tls_key_file": self._certificate.key,
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_auth_only": "yes",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"inet:127.0.0.1:{self._sasl_port}",
            "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
            "message_size_limit": "41943040",
            "message_drop_headers": "return-path",  # by itself it would also drop Bcc, as not every server does
        }

    def _master_cf(self) -> str:
        services = [f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd"]
        services += [f"{name} unix n - n {wake} {limit} {name}" for name, wake, limit in (("pickup", "60", "1"), ("qmgr", "30", "1"))]
        services += ["cleanup unix n - n - 0 cleanup"]
        services += [f"{name} unix - - n - 0 {name}" for name in ("bounce", "defer", "trace")]
        services += [f"{name} unix - - n - 1 {name}" for name in ("tlsmgr", "verify", "anvil", "scache")]
        services += [f"{name} unix - - n - - {name}" for name in ("rewrite", "proxymap", "lmtp", "error", "retry", "discard", "smtp")]
        services += ["postlog unix-dgram n - n - 1 postlogd", "showq unix n - n - - showq"]
        programs = {"rewrite": "trivial-rewrite", "defer": "bounce", "trace": "bounce", "retry": "error"}
        return "".join(f"{_with_program(line, programs)}\n" for line in services)

    def _run(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        output = (self.folder / f"{name}-output.log").open("wb")
        with output:
            self._children.append(
                subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
            )

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            time.sleep(0.05)
        raise AssertionError(f"nothing listens on port {port}\n{self.log()}")


class _PolicyServer:
    """Answers Postfix's question about each recipient (its policy protocol: lines of name=value, then an empty one)."""

    def __init__(self, refusals: dict[str, str]) -> None:
        self._refusals = refusals
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rw") as stream:
            recipient = ""
            for line in stream:
                name, _, value = line.strip().partition("=")
                recipient = value if name == "recipient" else recipient
                if not name:
                    stream.write(f"action={self._refusals.get(recipient, 'dunno')}\n\n")
                    stream.flush()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; held together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _number in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _lines(settings: dict[str, object]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def _with_program(line: str, programs: dict[str, str]) -> str:
    head, _, service = line.rpartition(" ")
    return f"{head} {programs.get(service, service)}"
