"""What one hit alone says."""

from tracking.verdicts.facts import COUNTING, CopyFacts, HitFacts, Judgement, Verdict, Viewer

PREFETCH = ("prefetch", "prerender", "preview")


def judge(hit: HitFacts, copy: CopyFacts) -> Judgement:
    """The verdict on one hit, without a look at the others."""
    if hit.viewer in (Viewer.OWNER, Viewer.COLLEAGUE):
        return _judged(Verdict.SELF, "yourself" if hit.viewer == Viewer.OWNER else "colleague")
    if hit.method != "GET":
        return _judged(Verdict.MACHINE, "method")
    if hit.headers and any(word in value.lower() for value in hit.headers.values() for word in PREFETCH):
        return _judged(Verdict.MACHINE, "prefetch")
    return _judged(Verdict.HUMAN, "browser")


def _judged(verdict: Verdict, *reasons: str) -> Judgement:
    return Judgement(verdict, reasons, verdict in COUNTING)
