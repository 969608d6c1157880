"""What the hits of one copy say about each other."""

from collections.abc import Sequence

from tracking.verdicts.facts import CopyFacts, HitFacts, Judgement
from tracking.verdicts.single import judge


def judge_together(hits: Sequence[HitFacts], copy: CopyFacts) -> list[Judgement]:
    """The verdicts on the hits of one copy, in the order given."""
    return [judge(hit, copy) for hit in hits]
