"""Hits and where they wait."""


def waiting_bytes() -> int:
    return 0


def lost_count() -> int:
    return 0
