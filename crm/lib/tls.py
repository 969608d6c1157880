"""How Candor secures the connections that it makes."""

import ssl


def client_context() -> ssl.SSLContext:
    """Checks certificates by the system's authorities and speaks TLS 1.2 or newer (RFC 8996), however Python and OpenSSL were built."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
