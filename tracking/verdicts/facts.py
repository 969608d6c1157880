"""What a verdict is made from, and what it is. Pure values: no database, no clock, no settings."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

RULES_VERSION = 3  # raised with every change of rules or tables: `manage.py reclassify` then has something to do


class Verdict(StrEnum):
    """Who made a request, as far as its facts tell."""

    HUMAN = "human"  # the mail app or browser of a person
    PROXY = "proxy_with_human"  # a mailbox provider's image proxy, because a person looked
    UNKNOWN = "unknown"  # cannot be decided: shown, quiet, does not count
    MACHINE = "machine"  # scanner, prefetch, unfurler, library
    SELF = "self"  # the sender, a colleague, a draft or a mail that came back
    NONE = "none"  # tracking is off or withdrawn: nothing is kept


COUNTING = frozenset({Verdict.HUMAN, Verdict.PROXY})


class Viewer(StrEnum):
    """Whose signed-in browser a request came from, seen from the copy that it asked for."""

    NOBODY = ""  # no viewer cookie of ours
    OWNER = "owner"
    COLLEAGUE = "colleague"
    RECIPIENT = "recipient"  # a user of ours to whom this very copy went: a person, not oneself


class HitFacts(NamedTuple):
    """One request as it was."""

    at: float  # seconds since 1970
    kind: str  # "open" or "click"
    method: str = "GET"
    user_agent: str = ""
    address: str = ""
    headers: Mapping[str, str] = {}
    link: int | None = None  # which link of the mail, for a click
    viewer: Viewer = Viewer.NOBODY
    is_own_network: bool = False  # from an address of the sender's own (or set by the admin), and the recipient is not one of us
    hint_age: float | None = None  # seconds since an application of ours said that the sender looks at this mail
    other_recipients: int = 0  # to how many other recipients' copies the same source came within a minute
    asn: int | None = None  # of the address, when somebody has looked it up already (replayed logs)
    network: str | None = None  # a label of `networks`, likewise


class CopyFacts(NamedTuple):
    """What is known of the copy that was asked for."""

    dispatched_at: float | None = None  # when the mail server took it, seconds since 1970; None: not known
    is_tracked: bool = True  # False: tracking is off or withdrawn, nothing is kept
    is_draft: bool = False  # never sent: whatever loads it is a preview
    is_returned: bool = False  # could not be delivered: whoever sees it now sees the returned mail
    is_local: bool = False  # went to the demo's own server on this machine: no filter stands in between


class Judgement(NamedTuple):
    """A verdict with its reasons, most telling first: keys of `reasons.REASONS`, at least one."""

    verdict: Verdict
    reasons: tuple[str, ...]
    counts: bool  # a person's, and not the repetition of a reading that counted already
