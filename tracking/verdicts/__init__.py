"""Who asked for a pixel or a link: a person, a proxy acting for one, a machine, oneself, or unknown.

Pure: facts in, verdicts with reasons out. The rules are in `single` (one hit alone) and `together` (the hits of one
copy); their data in `clients`, `networks` and `windows`; the words in `reasons`.
"""

from tracking.verdicts.clients import Client, client_of
from tracking.verdicts.facts import COUNTING, RULES_VERSION, CopyFacts, HitFacts, Judgement, Verdict, Viewer
from tracking.verdicts.reasons import REASONS, words_of
from tracking.verdicts.single import judge
from tracking.verdicts.together import judge_together

__all__ = [
    "COUNTING",
    "REASONS",
    "RULES_VERSION",
    "Client",
    "CopyFacts",
    "HitFacts",
    "Judgement",
    "Verdict",
    "Viewer",
    "client_of",
    "judge",
    "judge_together",
    "words_of",
]
