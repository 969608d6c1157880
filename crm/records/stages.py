"""The pipeline and the closing reasons that a new installation starts with."""

DEFAULT_PIPELINE = "Sales"
# name, probability of winning in percent, days after which a deal that stays here counts as rotting
DEFAULT_STAGES = (
    ("Qualified", 10, 14),
    ("Contacted", 25, 14),
    ("Meeting held", 40, 21),
    ("Proposal sent", 60, 14),
    ("Negotiation", 80, 21),
)
# outcome, the reasons that are offered for it
DEFAULT_REASONS = (
    ("won", ("Price", "Product fits best", "Relationship")),
    ("lost", ("Price", "Competitor", "No budget", "Timing", "No answer", "Feature missing")),
)
