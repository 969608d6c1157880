"""Which fields people, organisations, deals and leads have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Visibility
from crm.lib import countries
from crm.records.models import CustomField, Deal
from crm.records.money import CURRENCIES


class Kind(StrEnum):
    """What a field holds, and as what Python value `reading.read` gives it."""

    TEXT = "text"  # str
    LINES = "lines"  # str of several lines
    EMAIL = "email"  # str
    PHONE = "phone"  # str
    NUMBER = "number"  # Decimal or int, None
    MONEY = "money"  # values.Money, None
    DATE = "date"  # date, None
    MOMENT = "moment"  # aware datetime, None
    CHOICE = "choice"  # a key of `choices`; of a custom field a CustomChoice, None
    CHOICES = "choices"  # list of CustomChoice
    TAGS = "tags"  # list of Tag
    USER = "user"  # User
    PERSON = "person"  # Person, None
    PEOPLE = "people"  # list of Person
    ORGANISATION = "organisation"  # Organisation, None
    STAGE = "stage"  # Stage
    POINTS = "points"  # list of values.Point, the first one first


Choices = Sequence[tuple[str, str | Promise]]


@dataclass(frozen=True)
class Field:
    """One field of one kind of record."""

    key: str  # of a custom field "custom-12"
    label: str | Promise
    kind: Kind
    path: str = ""  # from the record to the column, as a look-up to filter and sort by; empty for custom fields
    is_fixed: bool = False  # not for people to change
    point: str = ""  # of POINTS: a value of ContactPoint.Kind
    listed: Callable[[], Choices] | None = None  # of CHOICE, where it is no custom field
    custom: CustomField | None = None

    @property
    def choices(self) -> Choices:
        """Keys and names of what may be chosen; those of custom fields are rows of their own."""
        return self.listed() if self.listed else ()


def _visibilities() -> Choices:
    return Visibility.choices


def _statuses() -> Choices:
    return Deal.Status.choices


def _currencies() -> Choices:
    return [(code, code) for code in CURRENCIES]


EMAILS = Field("emails", _("Email"), Kind.POINTS, "email", point="email")
PHONES = Field("phones", _("Phone"), Kind.POINTS, "phone", point="phone")
PLACE = (
    Field("address", _("Street address"), Kind.LINES, "address"),
    Field("postcode", _("Postcode"), Kind.TEXT, "postcode"),
    Field("city", _("City"), Kind.TEXT, "city"),
    Field("region", _("Region"), Kind.TEXT, "region"),
    Field("country", _("Country"), Kind.CHOICE, "country", listed=countries.choices),
    Field("addresses", _("Further addresses"), Kind.POINTS, "", point="address"),
)
TAGS = Field("tags", _("Tags"), Kind.TAGS, "tags")
SHARING = (
    Field("owner", _("Owner"), Kind.USER, "owner"),
    Field("visibility", _("Seen by"), Kind.CHOICE, "visibility", listed=_visibilities),
)
TIMES = (
    Field("created_at", _("Added"), Kind.MOMENT, "created_at", is_fixed=True),
    Field("updated_at", _("Changed"), Kind.MOMENT, "updated_at", is_fixed=True),
)
ORGANISATION = Field("organisation", _("Organisation"), Kind.ORGANISATION, "organisation")
SALE = (
    Field("value", _("Value"), Kind.MONEY, "value"),
    Field("currency", _("Currency"), Kind.CHOICE, "currency", listed=_currencies),
    Field("expected_close_on", _("Expected close"), Kind.DATE, "expected_close_on"),
)

SHIPPED: dict[str, tuple[Field, ...]] = {
    "person": (
        Field("name", _("Name"), Kind.TEXT, "name"),
        EMAILS,
        PHONES,
        ORGANISATION,
        Field("job_title", _("Job title"), Kind.TEXT, "job_title"),
        *PLACE,
        TAGS,
        *SHARING,
        *TIMES,
    ),
    "organisation": (
        Field("name", _("Name"), Kind.TEXT, "name"),
        Field("domain", _("Domain"), Kind.TEXT, "domain"),
        EMAILS,
        PHONES,
        *PLACE,
        TAGS,
        *SHARING,
        *TIMES,
    ),
    "deal": (
        Field("title", _("Title"), Kind.TEXT, "title"),
        *SALE,
        Field("stage", _("Stage"), Kind.STAGE, "stage"),
        Field("probability", _("Probability"), Kind.NUMBER, "probability"),
        Field("status", _("Status"), Kind.CHOICE, "status", listed=_statuses, is_fixed=True),
        Field("closing_reason", _("Reason"), Kind.TEXT, "closing_reason", is_fixed=True),
        Field("person", _("Contact"), Kind.PERSON, "person"),
        ORGANISATION,
        Field("participants", _("Participants"), Kind.PEOPLE, "participants"),
        TAGS,
        *SHARING,
        *TIMES,
        Field("closed_at", _("Closed"), Kind.MOMENT, "closed_at", is_fixed=True),
    ),
    "lead": (
        Field("title", _("Title"), Kind.TEXT, "title"),
        Field("person_name", _("Name"), Kind.TEXT, "person_name"),
        Field("email", _("Email"), Kind.EMAIL, "email"),
        Field("phone", _("Phone"), Kind.PHONE, "phone"),
        Field("job_title", _("Job title"), Kind.TEXT, "job_title"),
        Field("organisation_name", _("Organisation’s name"), Kind.TEXT, "organisation_name"),
        Field("person", _("Contact"), Kind.PERSON, "person"),
        ORGANISATION,
        *SALE,
        Field("source", _("Source"), Kind.TEXT, "source"),
        TAGS,
        *SHARING,
        *TIMES,
    ),
}
TITLES = {"person": "name", "organisation": "name", "deal": "title", "lead": "title"}  # the field by which a record is called


def of(kind: str, *, archived: bool = False) -> list[Field]:
    """All fields of a kind of record ("person", …), the company's own after the shipped ones; `archived` adds those shown no more."""
    added = CustomField.objects.filter(of=kind)
    return [*SHIPPED[kind], *(from_custom(field) for field in (added if archived else added.filter(archived_at=None)))]


def by_key(kind: str) -> dict[str, Field]:
    """The same by their keys, those shown no more included."""
    return {field.key: field for field in of(kind, archived=True)}


def from_custom(field: CustomField) -> Field:
    """The description of a field that the company added."""
    return Field(f"custom-{field.pk}", field.name, Kind(field.kind), custom=field)
