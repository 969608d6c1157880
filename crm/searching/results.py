"""What is shown of a thing that was found."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Result:
    """One thing found."""

    kind: str  # for example "people": chooses the icon
    title: str
    hint: str
    url: str
    is_archived: bool = False
    marked_title: str = ""  # safe HTML
    marked_hint: str = ""


@dataclass(frozen=True)
class Group:
    """Results of one kind."""

    name: str
    title: str
    results: list[Result] = field(default_factory=list)
    has_more: bool = False

    def without(self, others: list[Result]) -> "Group":
        """What is not among the others, by address and title."""
        known = {(one.url, one.title) for one in others}
        return replace(self, results=[one for one in self.results if (one.url, one.title) not in known])


def joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
