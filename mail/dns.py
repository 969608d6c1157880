"""What the DNS says about a domain's mail: who receives it (MX), and which servers its users' programs shall use (SRV, RFC 6186)."""

import dns.resolver
from dns.exception import DNSException
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.IN.SRV import SRV

from mail.models import Security
from mail.providers import Place
from mail.settings_found import Found

SERVICES = {  # in order of preference; RFC 8314 wants TLS from the start
    "imap": (("_imaps._tcp", Security.TLS), ("_imap._tcp", Security.STARTTLS)),
    "smtp": (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS)),
}


def exchangers(domain: str, *, seconds: float) -> list[str]:
    """The hosts that receive the domain's mail, the preferred one first; none where it has none or the DNS does not answer."""
    found = [record for record in _ask(domain, "MX", seconds) if isinstance(record, MX)]
    names = [record.exchange.to_text(omit_final_dot=True) for record in sorted(found, key=lambda record: record.preference)]
    return [name for name in names if name]


def services(email: str, *, seconds: float) -> Found | None:
    """The servers that the domain names by SRV records; None unless both are named.

    DNS answers are not proved: the certificate of the server says who it is, and the person sees the name before the password goes there.
    """
    domain = email.rpartition("@")[2]
    imap, smtp = (_service(protocol, domain, seconds) for protocol in ("imap", "smtp"))
    return Found(imap=imap, smtp=smtp, imap_username=email, smtp_username=email) if imap and smtp else None


def _service(protocol: str, domain: str, seconds: float) -> Place | None:
    for name, security in SERVICES[protocol]:
        found = [record for record in _ask(f"{name}.{domain}", "SRV", seconds) if isinstance(record, SRV)]
        best = min(found, key=lambda record: (record.priority, -record.weight), default=None)
        target = best.target.to_text(omit_final_dot=True) if best else ""
        if best and target not in ("", "@", "."):  # the root says that there is no such service
            return Place(target, best.port, security)
    return None


def _ask(name: str, kind: str, seconds: float) -> list[object]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=seconds, search=False))
    except (DNSException, ValueError, OSError):
        return []
