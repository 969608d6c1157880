"""Tags by their names: those that exist are taken, others are made."""

from collections.abc import Iterable

from crm.records.models import Tag

LONGEST = 60


def split(text: str) -> list[str]:
    """Names as they were typed with commas between them, each once."""
    names = (" ".join(part.split())[:LONGEST] for part in text.replace(";", ",").split(","))
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(name.casefold(), name)
    return [name for name in once.values() if name]


def named(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, whatever the capitals."""
    wanted = {name.casefold(): name for name in names}
    known = {tag.name.casefold(): tag for tag in Tag.objects.all()} if wanted else {}
    return [known.get(key) or Tag.objects.create(name=name) for key, name in wanted.items()]
