"""Who agreed to be tracked and who refused, what the company demands, whose data may only lie there."""

from typing import Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team, User
from crm.records.models import ContactPoint, Person


class AppendOnly(Exception):
    """An entry of the ledger cannot be changed or taken out: what came later is a further entry."""


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Entries of the ledger."""

    def about(self, emails: Any) -> Self:
        """Those of these addresses, in any spelling, the oldest first."""
        return self.filter(email__in={email.casefold() for email in emails}).order_by("at", "pk")

    def visible_to(self, user: User) -> Self:
        """Those about the people whom the user may see; administrators see those about nobody whom we know as well."""
        if user.is_admin:
            return self
        people = Person.objects.visible_to(user)
        first = people.annotate(low=Lower("email")).filter(
            low=Lower(OuterRef("email"))
        )  # an expression on both sides: else SQLite uses no index
        of_seen = Exists(people.filter(pk=OuterRef("person")))
        further = ContactPoint.objects.filter(of_seen, kind=ContactPoint.Kind.EMAIL, folded=OuterRef("email"))
        return self.filter(Exists(people.filter(pk=OuterRef("person"))) | Exists(first) | Exists(further))

    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def erase(self) -> int:
        """Take entries out because their person is erased: for `ledger.erase` alone."""
        return super().delete()[0]


class Consent(models.Model):
    """One thing that was said about tracking one address, and how it is known. Entries are only ever added."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Not asked")
        GRANTED = "granted", _("Agreed")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrew")

    class Source(models.TextChoices):
        PAGE = "page", _("The recipient's page")
        MAIL = "mail", _("An answer by mail to that address")
        FORM = "form", _("A form")
        IMPORT = "import", _("An import")
        HAND = "hand", _("Entered by hand")

    OWN: ClassVar = (Source.PAGE, Source.MAIL)  # said by the recipients themselves

    email = models.EmailField(_("email"), db_index=True)  # in lower case
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="consents")
    state = models.CharField(_("consent"), max_length=10, choices=State.choices)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    at = models.DateTimeField(_("time"))  # when it was said
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)  # stays when the user goes
    note = models.CharField(_("note"), max_length=1000, blank=True)
    wording = models.TextField(blank=True)  # what the recipient was shown
    wording_version = models.CharField(max_length=40, blank=True)
    evidence = models.FileField(_("evidence"), upload_to="consent/%Y/", blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["unknown", "granted", "refused", "withdrawn"]), name="consent_state_known"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise AppendOnly
        self.email = self.email.casefold()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    @property
    def is_own(self) -> bool:
        return self.source in self.OWN

    @property
    def is_no(self) -> bool:
        return self.state in (self.State.REFUSED, self.State.WITHDRAWN)


class Remembered(models.Model):
    """A no of somebody who was erased: it goes on being respected, and is known by the hash of their address alone."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the address in lower case
    state = models.CharField(max_length=10, choices=Consent.State.choices)
    at = models.DateTimeField()  # when it was said


class Rule(models.Model):
    """What is demanded before somebody is tracked: of the whole company, and more strictly of a part of it. Empty demands nothing."""

    class Scope(models.TextChoices):
        COMPANY = "company", _("The company")
        COUNTRY = "country", _("Recipients in a country")
        DOMAIN = "domain", _("Recipients of an email domain")
        TEAM = "team", _("Mail of a team")
        MAILBOX = "mailbox", _("Mail from an address of ours")

    class Accepted(models.IntegerChoices):
        ANY = 1, _("Whatever the ledger says")
        DOCUMENTED = 2, _("An answer of the recipient, or an entry with an evidence file")
        OWN = 3, _("Only an answer of the recipient")

    class Kept(models.IntegerChoices):
        NOTHING = 0, _("Nothing")
        NETWORK = 1, _("The network (/24 of IPv4, /48 of IPv6)")
        FULL = 2, _("The full address")

    scope = models.CharField(_("for"), max_length=8, choices=Scope.choices)
    value = models.CharField(_("which"), max_length=254, blank=True)  # ISO 3166 code, domain or address; in lower case, a code in capitals
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    tracks_unknown = models.BooleanField(_("who was not asked"), null=True, blank=True)
    accepts = models.PositiveSmallIntegerField(_("what counts as agreed"), choices=Accepted.choices, null=True, blank=True)
    is_coarse = models.BooleanField(_("only the day of the last opening"), null=True, blank=True)
    kept = models.PositiveSmallIntegerField(_("kept of a network address"), choices=Kept.choices, null=True, blank=True)
    kept_days = models.PositiveSmallIntegerField(
        _("days"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )  # after which nothing is kept of it

    class Meta:
        ordering = ["scope", "value", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "value"], name="consent_rule_once", condition=Q(team=None)),
            models.UniqueConstraint(fields=["scope", "team"], name="consent_rule_once_a_team", condition=Q(team__isnull=False)),
        ]


class Settings(models.Model):
    """What the company says to recipients, and for how long it keeps what they did. One row."""

    company = models.CharField(_("company name"), max_length=200, blank=True)
    contact = models.CharField(_("contact for questions of privacy"), max_length=200, blank=True)
    shows_footer = models.BooleanField(_("a line below tracked mail"), default=True)
    footer = models.CharField(_("words of that line"), max_length=300, blank=True)  # empty: ours, in the sender's language
    hits_days = models.PositiveSmallIntegerField(
        _("days that openings and clicks are kept"), null=True, blank=True, default=730, validators=[MinValueValidator(1)]
    )

    @classmethod
    def load(cls) -> "Settings":
        """The row, or what is shipped."""
        return cls.objects.first() or cls()


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    """Restrictions."""

    def standing(self) -> Self:
        """Those that were not lifted."""
        return self.filter(ended_at=None)


class Restriction(models.Model):
    """An address whose data may lie there and not be used (GDPR article 18), until it is lifted."""

    email = models.EmailField(db_index=True)  # in lower case
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)

    objects = RestrictionQuerySet.as_manager()


class Question(models.Model):
    """A mail that asks one address for its consent: its link works once, for a while, and only for that address."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of what the link carries: who reads the database cannot answer
    email = models.EmailField()  # in lower case
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    wording = models.TextField()  # the question as it was put
    wording_version = models.CharField(max_length=40)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
