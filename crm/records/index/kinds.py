"""What is indexed of which table: expressions of SQL, read by both databases."""
# ruff: noqa: S608 -- put together from the names below alone

from collections.abc import Iterator
from dataclasses import dataclass

WORDS = "records_search_word"  # the table of all words of names, to find misspelt ones by


@dataclass(frozen=True)
class Link:
    """Another table whose column is indexed with the row that points at it."""

    table: str
    alias: str
    key: str  # the column that points at it
    column: str  # what of it is indexed


@dataclass(frozen=True)
class Child:
    """A table of rows that point at the indexed row, which is `r`; its own rows are `c`."""

    table: str
    column: str
    key: str  # the column that points at the record
    condition: str = "true"
    is_phone: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of records; the row is `r` in every expression."""

    name: str
    table: str
    title: str  # the column that is its name; "" for what has none
    texts: tuple[str, ...] = ()  # further columns
    phones: tuple[str, ...] = ()
    misspelt: tuple[str, ...] = ()  # columns besides the title whose words are found by their middle and in spite of typing errors
    links: tuple[Link, ...] = ()
    children: tuple[Child, ...] = ()
    scope: str = "''"  # a word for who may see it, see `asking.scope`
    scope_columns: tuple[str, ...] = ()

    @property
    def index(self) -> str:
        """The table of its words."""
        return f"{self.table}_words"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the row itself that the index depends on."""
        own = (*filter(None, (self.title,)), *self.texts, *self.phones, *self.misspelt, *(link.key for link in self.links))
        return tuple(dict.fromkeys((*own, *self.scope_columns)))

    @property
    def spelt(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.title, *self.misspelt)))

    def name_sql(self) -> str:
        return f"r.{self.title}" if self.title else "''"

    def text_sql(self, joined: str) -> str:
        """All further texts; `joined` is how the database joins rows, such as string_agg({}, {})."""
        own = [f"r.{column}" for column in self.texts]
        linked = [f"coalesce({link.alias}.{link.column}, '')" for link in self.links]
        return _together([*own, *linked, *self._of_children(joined, is_phone=False)], "' '")

    def phones_sql(self, joined: str) -> str:
        return _together([*(f"r.{column}" for column in self.phones), *self._of_children(joined, is_phone=True)], LINE)

    def _of_children(self, joined: str, *, is_phone: bool) -> Iterator[str]:
        for child in self.children:
            if child.is_phone is is_phone:
                rows = joined.format(f"c.{child.column}", LINE)
                yield f"coalesce((SELECT {rows} FROM {child.table} AS c WHERE c.{child.key} = r.id AND {child.condition}), '')"

    def source_sql(self) -> str:
        """FROM with all that the expressions need."""
        joins = (f" LEFT JOIN {link.table} AS {link.alias} ON {link.alias}.id = r.{link.key}" for link in self.links)
        return f"{self.table} AS r{''.join(joins)}"


LINE = "'\n'"
BY_OWNER = "substr(r.visibility, 1, 1) || r.owner_id"
ORGANISATION = Link("records_organisation", "o", "organisation_id", "name")
PERSON = Link("records_person", "p", "person_id", "name")
DEAL = Link("records_deal", "d", "deal_id", "title")
LEAD = Link("records_lead", "l", "lead_id", "title")


def _together(parts: list[str], between: str) -> str:
    return f" || {between} || ".join(parts) or "''"


def _points(key: str) -> tuple[Child, ...]:
    """Further addresses and numbers, and the texts of custom fields."""
    return (
        Child("records_contactpoint", "value", key, "c.kind <> 'phone'"),
        Child("records_contactpoint", "value", key, "c.kind = 'phone'", is_phone=True),
        Child("records_customvalue", "text", key, "c.text <> ''"),
    )


KINDS = (
    Kind(
        "person",
        "records_person",
        "name",
        texts=("email", "job_title", "city", "address"),
        phones=("phone",),
        links=(ORGANISATION,),
        children=_points("person_id"),
        scope=BY_OWNER,
        scope_columns=("visibility", "owner_id"),
    ),
    Kind(
        "organisation",
        "records_organisation",
        "name",
        texts=("domain", "email", "city", "address"),
        phones=("phone",),
        misspelt=("domain",),
        children=_points("organisation_id"),
        scope=BY_OWNER,
        scope_columns=("visibility", "owner_id"),
    ),
    Kind(
        "deal",
        "records_deal",
        "title",
        links=(PERSON, ORGANISATION),
        children=(Child("records_customvalue", "text", "deal_id", "c.text <> ''"),),
        scope=BY_OWNER,
        scope_columns=("visibility", "owner_id"),
    ),
    Kind(
        "lead",
        "records_lead",
        "title",
        texts=("person_name", "organisation_name", "email", "job_title", "source"),
        phones=("phone",),
        misspelt=("person_name", "organisation_name"),
        links=(PERSON, ORGANISATION),
        scope=BY_OWNER,
        scope_columns=("visibility", "owner_id"),
    ),
    Kind(
        "activity",
        "records_activity",
        "subject",
        texts=("note", "location"),
        links=(PERSON, ORGANISATION, DEAL, LEAD),
        scope="'t' || r.owner_id",
        scope_columns=("owner_id",),
    ),
    Kind("note", "records_note", "", texts=("text",)),
    Kind("file", "records_storedfile", "name"),
)
BY_TABLE = {kind.table: kind for kind in KINDS}
BY_NAME = {kind.name: kind for kind in KINDS}
