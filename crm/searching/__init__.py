"""Search over everything that a person may see: records, what is said about them, and the person's own mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.index import asking
from crm.records.index.asking import Term
from crm.searching import letters, marking, ranking
from crm.searching.ranking import Hit
from crm.searching.results import Group, Result
from crm.searching.sources import SOURCES, Source, veil

SUGGESTED = 4  # of each kind under the search box
SHOWN = 5  # of each kind on the page
PAGE = 30  # of one kind on its own page, and as many more
MOST = 210  # of one kind altogether: whoever has not found it by then adds a word
TOP = 3  # best of all kinds
MIDDLES = 24  # words that have what was typed in their middle
FEW = 3  # found words are not taken for typing errors where there are so many records
KINDS = {**{source.name: source.title for source in SOURCES}, "mail": _("Mail")}


@dataclass(frozen=True)
class Answer:
    """What was found. `understood` is what the search was for in the end, where that is not what was typed."""

    groups: list[Group] = field(default_factory=list)
    top: list[Result] = field(default_factory=list)  # the best of all groups, if there are several
    understood: str = ""

    @property
    def others(self) -> list[Group]:
        """The groups without what stands at the top already."""
        return [group for group in (group.without(self.top) for group in self.groups) if group.results]


def find(user: User, text: str, *, limit: int, only: str = "") -> Answer:
    """At most `limit` results of each kind, only of what the user may see; kinds without any are left out."""
    words = " ".join(text.replace("\0", " ").split())
    terms = asking.read(words)
    if not words:
        return Answer()
    sources = [source for source in SOURCES if only in ("", source.name)] if terms else []
    hits, understood = _records(user, terms, sources, limit=limit)
    groups = [_group(user, source, hits[source.name], limit) for source in sources if hits.get(source.name)]
    top = _top(groups, hits) if len(groups) > 1 else []
    groups = letters.add_files(groups, user, words, limit=limit) if only in ("", "files") else groups
    mail = letters.group(user, words, limit=limit) if only in ("", "mail") else None
    wanted = marking.pattern(terms, understood)
    return Answer(marking.groups([*groups, mail] if mail else groups, wanted), marking.results(top, wanted), understood)


def _records(user: User, terms: Sequence[Term], sources: Sequence[Source], *, limit: int) -> tuple[dict[str, list[Hit]], str]:
    """By kind the best first. Middles of words are asked for where little was found, what may be a typing error where hardly anything."""
    if not sources:
        return {}, ""
    seen_by = asking.scope(user)
    found = ranking.hits(user, terms, sources, seen_by=seen_by, limit=limit)
    if _count(found) < limit * 2:
        wider = asking.with_middles(terms, most=MIDDLES)
        if any(term.wholes for term in wider):
            further = ranking.hits(user, asking.others_only(wider), sources, seen_by=seen_by, limit=limit)
            found = _merged(found, further, limit)
    if _count(found) >= FEW:
        return found, ""
    similar, understood = ranking.similar(user, terms, sources, seen_by=seen_by, limit=limit)
    return _merged(found, similar, limit), understood


def _merged(found: dict[str, list[Hit]], further: dict[str, list[Hit]], limit: int) -> dict[str, list[Hit]]:
    """Both by kind, a record once, at its better place."""
    merged = {}
    for name in found.keys() | further.keys():
        hits = sorted((*found.get(name, ()), *further.get(name, ())), key=lambda hit: hit.order)
        merged[name] = list({hit.pk: hit for hit in reversed(hits)}.values())[::-1][: limit + 1]
    return merged


def _count(found: dict[str, list[Hit]]) -> int:
    return sum(map(len, found.values()))


def _group(user: User, source: Source, hits: list[Hit], limit: int) -> Group:
    """Results of the best hits, in their order."""
    best = hits[:limit]
    rows = source.model.objects.select_related(*source.related).in_bulk([hit.pk for hit in best])
    veil(rows.values(), source.veiled, user)
    results = [source.present(rows[hit.pk]) for hit in best if hit.pk in rows]
    return Group(source.name, str(source.title), results, has_more=len(hits) > limit)


def _top(groups: Sequence[Group], hits: dict[str, list[Hit]]) -> list[Result]:
    """The best of all kinds: those whose name it is, or begins so."""
    pairs = [pair for group in groups for pair in zip(hits[group.name], group.results, strict=False)]
    best = sorted((pair for pair in pairs if pair[0].is_close), key=lambda pair: pair[0].order)
    return [result for _hit, result in best[:TOP]]
