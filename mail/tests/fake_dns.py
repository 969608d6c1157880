"""A name server on this machine that knows what a test tells it; dnspython asks it instead of the system's."""

import socket
import threading
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset


class FakeDns:
    """`records` by name and type: `{("acme.test", "MX"): ["10 mx.acme.test."]}`; every other name does not exist."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self.records = records
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    def __enter__(self) -> Self:
        # never none: a thread that outlives its test would make one, and put it in the place of the next test's
        self._before = dns.resolver.get_default_resolver()
        mine = dns.resolver.Resolver(configure=False)
        mine.nameservers, mine.port = ["127.0.0.1"], self._socket.getsockname()[1]
        dns.resolver.default_resolver = mine
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        dns.resolver.default_resolver = self._before
        self._socket.sendto(b"", self._socket.getsockname())  # wakes the thread, which then ends

    def _serve(self) -> None:
        with self._socket:
            while True:
                asked, address = self._socket.recvfrom(4096)
                if not asked:
                    return
                self._socket.sendto(self._answer(dns.message.from_wire(asked)), address)

    def _answer(self, query: dns.message.Message) -> bytes:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        found = self.records.get((name.lower(), kind))
        if found:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
