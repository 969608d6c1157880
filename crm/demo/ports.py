"""Which loopback ports are free, and which addresses `localhost` stands for."""

import socket


def loopback_hosts() -> list[str]:
    """127.0.0.1, and ::1 where `localhost` resolves to it and it can be bound."""
    hosts = ["127.0.0.1"]
    try:
        resolved = {str(entry[4][0]) for entry in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    except OSError:
        return hosts
    return [*hosts, "::1"] if "::1" in resolved and _can_bind("::1", 0) else hosts


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of this machine's loopback addresses."""
    return all(_can_bind(host, port) for host in loopback_hosts())


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was left a moment ago is free
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True
