"""What the hits of one copy say about each other: it may override what each of them says alone, towards caution only."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tracking.verdicts import windows
from tracking.verdicts.clients import Kind, is_mail_ru, told_by
from tracking.verdicts.facts import COUNTING, CopyFacts, HitFacts, Judgement, Verdict
from tracking.verdicts.networks import Network, networks_of, source_of
from tracking.verdicts.reasons import A_PERSON
from tracking.verdicts.single import is_prefetch, judge_each

MICROSOFT = frozenset({Network.MICROSOFT, Network.MICROSOFT_FILTER})
OUTSIDE = frozenset({Verdict.NONE, Verdict.SELF})  # whatever the others are, this one is known


def judge_together(hits: Sequence[HitFacts], copy: CopyFacts) -> list[Judgement]:
    """The verdicts on the hits of one copy, in the order given."""
    order = _in_order(hits)
    looked_at = _Together([hits[place] for place in order], copy)
    looked_at.look()
    found: list[Judgement | None] = [None] * len(hits)
    for place, judgement in zip(order, looked_at.judgements, strict=True):
        found[place] = judgement
    return [judgement for judgement in found if judgement]


def _in_order(hits: Sequence[HitFacts]) -> list[int]:
    """By time; of hits at one moment whoever asks without taking comes first, and the rest in whatever order is always the same."""
    keys = [(hit.at, hit.method == "GET") for hit in hits]
    if len(set(keys)) < len(keys):
        return sorted(range(len(hits)), key=lambda place: (keys[place], *map(str, hits[place])))
    return sorted(range(len(hits)), key=keys.__getitem__)


class _Together:
    """The hits of one copy in the order of their times, and what has been found so far."""

    def __init__(self, hits: Sequence[HitFacts], copy: CopyFacts) -> None:
        self.hits = hits
        self.judgements = judge_each(hits, copy)
        self.sources = [source_of(hit.address, hit.user_agent) for hit in hits]
        self.clients = [told_by(hit.user_agent) for hit in hits]
        self.networks = [networks_of(hit.address, hit.asn, hit.network) for hit in hits]

    def look(self) -> None:
        """All rules, in their order."""
        if len(self.hits) > 1:
            burst = self._bursts()
            self._override(burst, Verdict.MACHINE, "burst")
            self._fold(burst)
            self._head_then_get()
            self._checked_while_clicked()
            self._opened_by_machines()
            self._repeats()

    def _override(self, places: Iterable[int], verdict: Verdict, reason: str) -> None:
        """Say something more cautious of some hits; what already spoke against a person stays as a further reason."""
        for place in places:
            old = self.judgements[place]
            if old.verdict not in OUTSIDE and (old.verdict != Verdict.MACHINE or verdict == Verdict.MACHINE):
                others = (key for key in old.reasons if key != reason and key not in A_PERSON)
                self.judgements[place] = Judgement(verdict, (reason, *others), False)

    def _bursts(self) -> list[int]:
        """Clicks on several different links within moments; what a person's own program does in advance is none."""
        clicks = [place for place, hit in enumerate(self.hits) if hit.kind == "click" and self._is_followed(place)]
        found: set[int] = set()
        for links, seconds in windows.BURSTS:
            found |= self._crowded(clicks, links, seconds)
        return sorted(found)

    def _is_followed(self, place: int) -> bool:
        """Whether a click can be part of a burst."""
        is_probe = self.clients[place].kind == Kind.PROBE
        return self.judgements[place].verdict not in OUTSIDE and not is_probe and not is_prefetch(self.hits[place])

    def _crowded(self, clicks: list[int], links: int, seconds: float) -> set[int]:
        """The clicks of every stretch of so many seconds with so many different links."""
        found: set[int] = set()
        inside: Counter[int | None] = Counter()
        first = marked = 0
        for last, place in enumerate(clicks):
            inside[self.hits[place].link] += 1
            while self.hits[place].at - self.hits[clicks[first]].at > seconds:
                inside[self.hits[clicks[first]].link] -= 1
                if not inside[self.hits[clicks[first]].link]:
                    del inside[self.hits[clicks[first]].link]
                first += 1
            if len(inside) >= links:
                found.update(clicks[max(first, marked) : last + 1])
                marked = last + 1
        return found

    def _fold(self, burst: list[int]) -> None:
        """What a burst's sources did shortly before and after belongs to it; a mail program there may be a colleague's."""
        near = self._near(burst, windows.FOLD_WITHIN)
        theirs = set(near) - set(burst)
        programs = {
            place for place in theirs if self.clients[place].kind in (Kind.MAIL_APP, Kind.OFFICE) and self.hits[place].kind == "open"
        }
        self._override(theirs - programs, Verdict.MACHINE, "same_source_as_burst")
        self._override(programs, Verdict.UNKNOWN, "same_source_as_burst")

    def _near(self, places: Iterable[int], seconds: float) -> list[int]:
        """Every hit by a source of these within so many seconds, these too; never an image proxy's, which serves many."""
        times: dict[str, list[float]] = defaultdict(list)
        for place in places:
            times[self.sources[place]].append(self.hits[place].at)
        times.pop("", None)
        found = []
        for place, hit in enumerate(self.hits):
            theirs = times.get(self.sources[place])
            if theirs and not self._is_proxy(place):
                index = bisect_left(theirs, hit.at - seconds)
                if index < len(theirs) and theirs[index] <= hit.at + seconds:
                    found.append(place)
        return found

    def _is_proxy(self, place: int) -> bool:
        return self.clients[place].kind == Kind.PROXY or is_mail_ru(self.hits[place].user_agent, self.networks[place])

    def _head_then_get(self) -> None:
        """A link checker asks first and takes then; Office asks before it hands a link to the person's browser."""
        asked: dict[str, float] = {}
        for place, hit in enumerate(self.hits):
            source = self.sources[place]
            just_asked = hit.at - asked.get(source, float("-inf")) <= windows.HEAD_THEN_GET_WITHIN
            if source and hit.method == "HEAD" and self.clients[place].kind != Kind.PROBE:
                asked[source] = hit.at
            elif just_asked and hit.method == "GET" and not self._is_proxy(place):
                self._override([place], Verdict.MACHINE, "head_then_get")

    def _checked_while_clicked(self) -> None:
        """The same link from Microsoft and from elsewhere at one moment: Safe Links looked when a person followed it."""
        by_link: dict[int | None, list[int]] = defaultdict(list)
        for place, hit in enumerate(self.hits):
            if hit.kind == "click" and self._is_followed(place):
                by_link[hit.link].append(place)
        for places in by_link.values():
            elsewhere = [self.hits[place].at for place in places if not self.networks[place] & MICROSOFT]
            checks = [place for place in places if self.networks[place] & MICROSOFT]
            self._override([place for place in checks if self._has_one_near(elsewhere, place)], Verdict.MACHINE, "checked_while_clicked")

    def _has_one_near(self, times: list[float], place: int) -> bool:
        at = self.hits[place].at
        return bisect_left(times, at - windows.PAIR_WITHIN) < bisect_right(times, at + windows.PAIR_WITHIN)

    def _opened_by_machines(self) -> None:
        """An opening by the source of a machine's click is not a person's for certain."""
        machines = [place for place, hit in enumerate(self.hits) if hit.kind == "click" and self._is_machine(place)]
        near = self._near(machines, windows.SCANNED_OPEN_WITHIN)
        opens = [place for place in near if self.hits[place].kind == "open" and self.judgements[place].verdict in COUNTING]
        self._override(opens, Verdict.UNKNOWN, "same_source_as_machine")

    def _is_machine(self, place: int) -> bool:
        """Whether somebody else's machine made this click, not the person's own program in advance."""
        return self._is_followed(place) and self.judgements[place].verdict == Verdict.MACHINE

    def _repeats(self) -> None:
        """Loads of one program one after the other are one reading."""
        latest: dict[tuple[object, ...], float] = {}
        for place, (hit, judgement) in enumerate(zip(self.hits, self.judgements, strict=True)):
            if judgement.verdict not in COUNTING:
                continue
            key = (hit.kind, hit.link, judgement.verdict, hit.user_agent)
            if hit.at - latest.get(key, float("-inf")) <= windows.REPEAT_WITHIN:
                self.judgements[place] = Judgement(judgement.verdict, (*judgement.reasons, "repeat"), False)
            latest[key] = hit.at
