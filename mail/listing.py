"""Which list of mail somebody looks at: a folder or a search, and what narrows it. It travels in the addresses of pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from mail.lists import FILTERS, FOLDERS

SEARCH = "search"  # in the place of a folder


@dataclass(frozen=True)
class Listing:
    """A folder ("search" for all of them), the filters, and the words that were searched for."""

    folder: str
    filters: tuple[str, ...] = ()
    words: str = ""

    @classmethod
    def from_query(cls, query: QueryDict, *, folder: str) -> Listing:
        """What an address asks for; filters that are not known are left out."""
        filters = tuple(name for name in FILTERS if name in query.getlist("is"))
        words = " ".join(query.get("q", "").replace("\0", " ").split())[:500]
        return cls(folder=folder, filters=filters, words=words if folder == SEARCH else "")

    @classmethod
    def around_thread(cls, query: QueryDict, *, home: str) -> Listing:
        """The list from which a conversation was opened, else the folder where it is at home."""
        named = query.get("in", "")
        return cls.from_query(query, folder=named if named in (*FOLDERS, SEARCH) else home)

    @property
    def path(self) -> str:
        return reverse("mail:search") if self.folder == SEARCH else reverse("mail:folder", args=[self.folder])

    @property
    def address(self) -> str:
        return self.path + self.query()

    @property
    def unfiltered(self) -> str:
        """The address without any filter."""
        return self.path + replace(self, filters=()).query()

    @property
    def in_thread(self) -> str:
        """What is put behind the address of a conversation, so that it knows the list that it was opened from."""
        return "?" + urlencode([("in", self.folder), *self._pairs()])

    def query(self, **more: str) -> str:
        """A relative address; "" when nothing narrows the list."""
        pairs = self._pairs() + [(key, value) for key, value in more.items() if value]
        return f"?{urlencode(pairs)}" if pairs else ""

    def toggled(self, name: str) -> Listing:
        """The same with a filter put on or taken away."""
        return replace(self, filters=tuple(one for one in FILTERS if (one in self.filters) != (one == name)))

    def _pairs(self) -> list[tuple[str, str]]:
        words = [("q", self.words)] if self.words else []
        return words + [("is", name) for name in self.filters]
