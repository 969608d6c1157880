"""The policy as plain values: what it says, how it is changed, what a change means in words, and how it is taken back.

A policy is a dictionary: "company", "settings", "country:FR", "domain:acme.test", "team:3" or "mailbox:a@acme.test" → its values.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts import audit
from crm.accounts.models import AuditEntry, Team, User
from crm.consent.decisions import SHIPPED
from crm.consent.models import Rule, Settings
from crm.lib.countries import name_of

Values = dict[str, Any]
Policy = dict[str, Values]
Changes = Mapping[str, Values | None]  # None: there is no such rule

COMPANY, SETTINGS = "company", "settings"
DEMANDS = ("tracks_unknown", "accepts", "is_coarse", "kept", "kept_days")
SAID = ("company", "contact", "shows_footer", "footer", "hits_days")
NO_DEMANDS: Values = dict.fromkeys(DEMANDS)
AS_SHIPPED: Values = {name: getattr(SHIPPED, name) for name in DEMANDS}
NAMES = {
    "company": gettext_lazy("Company name"),
    "contact": gettext_lazy("Contact for questions of privacy"),
    "shows_footer": gettext_lazy("A line below tracked mail"),
    "footer": gettext_lazy("Words of that line"),
}


class Changed(Exception):
    """What was to be taken back has been changed again since, or its team is gone."""


def now_in_force() -> Policy:
    """The whole policy as it stands; the company's rule only where it is not as shipped."""
    rules = {key_of(rule): {name: getattr(rule, name) for name in DEMANDS} for rule in Rule.objects.all()}
    return {**rules, SETTINGS: _said(Settings.load())}


def of_company() -> Values:
    """What the company demands, or what is shipped."""
    return now_in_force().get(COMPANY, AS_SHIPPED)


def key_of(rule: Rule) -> str:
    """What a rule is called among the values of a policy."""
    if rule.scope == Rule.Scope.COMPANY:
        return COMPANY
    return f"{rule.scope}:{rule.team_id if rule.scope == Rule.Scope.TEAM else rule.value}"


@transaction.atomic
def change(changes: Changes, *, actor: User) -> AuditEntry | None:
    """Make the policy say so, and note it; answers nothing where it said so already."""
    before = now_in_force()
    after = {key: values for key, values in changes.items() if before.get(key) != values}
    if not after:
        return None
    for key, values in after.items():
        _put(key, values)
    return audit.note("policy_changed", actor=actor, before={key: before.get(key) for key in after}, after=dict(after))


@transaction.atomic
def take_back(entry: AuditEntry, *, actor: User) -> None:
    """Have it as it was before that change. Raises Changed."""
    policy, before, after = now_in_force(), entry.details["before"], entry.details["after"]
    if any(policy.get(key) != values for key, values in after.items()):
        raise Changed
    teams = {int(key.partition(":")[2]) for key, values in before.items() if values and key.startswith(f"{Rule.Scope.TEAM}:")}
    if Team.objects.filter(pk__in=teams).count() < len(teams):
        raise Changed
    change(before, actor=actor)


def last_change() -> AuditEntry | None:
    """The change that can be taken back."""
    return AuditEntry.objects.filter(action="policy_changed").order_by("-at", "-pk").first()


def _put(key: str, values: Values | None) -> None:
    if key == SETTINGS:
        Settings.objects.update_or_create(pk=_settings_pk(), defaults=values or _said(Settings()))
        return
    scope, _colon, which = key.partition(":")
    is_team = scope == Rule.Scope.TEAM
    place: Values = {"scope": scope, "value": "" if is_team else which, "team_id": int(which) if is_team else None}
    if values is None:
        Rule.objects.filter(**place).delete()
    else:
        Rule.objects.update_or_create(defaults=values, **place)


def _settings_pk() -> int:
    first = Settings.objects.first()
    return first.pk if first else 1


def _said(row: Settings) -> Values:
    return {name: getattr(row, name) for name in SAID}


def in_words(changes: Changes, before: Changes) -> list[str]:
    """What would be, or was, changed: a sentence each."""
    return [sentence for key, values in changes.items() for sentence in _sentences(key, before.get(key), values)]


def _sentences(key: str, before: Values | None, after: Values | None) -> list[str]:
    if key == SETTINGS:
        return _settings_sentences(before or _said(Settings()), after or _said(Settings()))
    about = name(key)
    if key == COMPANY:
        before, after = before or AS_SHIPPED, after or AS_SHIPPED
    elif after is None:
        return [_("%(about)s: no rule of their own any more.") % {"about": about}]
    old = before or NO_DEMANDS
    return [f"{about}: {demand_in_words(one, after[one])}" for one in DEMANDS if after[one] != old[one] and _is_said(key, one, after)]


def _is_said(key: str, demand: str, after: Values) -> bool:
    """How many days nothing is kept for needs no words."""
    return demand != "kept_days" or after.get("kept") != Rule.Kept.NOTHING or key == COMPANY


def _settings_sentences(before: Values, after: Values) -> list[str]:
    said = [f"{NAMES[one]}: {_value(after[one])}" for one in NAMES if after[one] != before[one]]
    if after["hits_days"] != before["hits_days"]:
        said.append(kept_hits(after["hits_days"]))
    return said


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"“{value}”" if value else _("none")


def kept_hits(days: int | None) -> str:
    """For how long openings and clicks are kept, as a sentence."""
    if days is None:
        return _("Openings and clicks are kept until they are deleted.")
    return ngettext("Openings and clicks are kept for %(days)d day.", "Openings and clicks are kept for %(days)d days.", days) % {
        "days": days
    }


def name(key: str) -> str:
    """Whom a rule is about."""
    scope, _colon, which = key.partition(":")
    if scope == Rule.Scope.TEAM:
        team = Team.objects.filter(pk=int(which)).first()
        return _("Mail of the team %(name)s") % {"name": team.name if team else _("that is gone")}
    return {
        COMPANY: _("The company"),
        Rule.Scope.COUNTRY: _("Recipients in %(which)s"),
        Rule.Scope.DOMAIN: _("Recipients at %(which)s"),
        Rule.Scope.MAILBOX: _("Mail from %(which)s"),
    }[scope] % {"which": name_of(which) if scope == Rule.Scope.COUNTRY else which}


def demands_in_words(values: Values) -> list[str]:
    """What a rule demands, a clause each; what it leaves open is left out."""
    return [demand_in_words(one, values[one]) for one in DEMANDS if values[one] is not None and not _has_no_point(one, values)]


def _has_no_point(demand: str, values: Values) -> bool:
    return demand == "kept_days" and values["kept"] == Rule.Kept.NOTHING


def demand_in_words(demand: str, value: Any) -> str:
    """One demand as a sentence."""
    if demand == "kept_days":
        return _days_in_words(value)
    if value is None:
        return _("%(what)s: as the company has it.") % {"what": Rule._meta.get_field(demand).verbose_name}  # type: ignore[union-attr]
    words: dict[str, dict[Any, str]] = {
        "tracks_unknown": {True: _("who was not asked may be tracked."), False: _("only who agreed is tracked.")},
        "accepts": {
            Rule.Accepted.ANY: _("any entry of the ledger counts as agreement."),
            Rule.Accepted.DOCUMENTED: _("the recipient's own answer counts as agreement, or an entry with an evidence file."),
            Rule.Accepted.OWN: _("only the recipient's own answer counts as agreement."),
        },
        "is_coarse": {
            True: _("only the day of the last opening is kept, and links are left alone."),
            False: _("the time of each opening and click is kept."),
        },
        "kept": {
            Rule.Kept.NOTHING: _("nothing is kept of network addresses."),
            Rule.Kept.NETWORK: _("only the network is kept of network addresses (/24, /48)."),
            Rule.Kept.FULL: _("network addresses are kept in full."),
        },
    }
    return words[demand][value]


def _days_in_words(days: int | None) -> str:
    if days is None:
        return _("network addresses are kept as long as the opening or click.")
    return ngettext("network addresses are dropped after %(days)d day.", "network addresses are dropped after %(days)d days.", days) % {
        "days": days
    }


def sentence() -> str:
    """The company's policy in one sentence, for those who turn tracking on."""
    company, stricter = of_company(), Rule.objects.exclude(scope=Rule.Scope.COMPANY).count()
    first = (
        _("In this company recipients who were not asked may be tracked, until they refuse.")
        if company["tracks_unknown"]
        else _("In this company only recipients who agreed are tracked, whatever you choose here.")
    )
    if not stricter:
        return first
    second = _("For some recipients, teams or mailboxes the policy is stricter.")
    return f"{first} {second}"


def rules() -> QuerySet[Rule]:
    """The stricter rules, in the order of their page."""
    return Rule.objects.exclude(scope=Rule.Scope.COMPANY).select_related("team")
