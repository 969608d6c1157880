"""Decisions and entries in words, for salespeople and administrators."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.consent.models import Rule
from crm.lib.countries import name_of

Frozen = Mapping[str, Any]  # a Decision as it was kept


def why(decision: Frozen, name: str) -> str:
    """Why somebody is tracked or not, as a clause: “Anna refused on 3 March 2026”."""
    on = date_format(date.fromisoformat(decision["on"]), "j E Y") if decision.get("on") else ""
    values = {"name": name, "on": on, "rule": _rule(decision)}
    return {
        "agreed": _("%(name)s agreed on %(on)s"),
        "not_asked": _("%(name)s was not asked, and the company's policy allows it"),
        "must_agree": _("%(name)s has not agreed, and %(rule)s"),
        "not_proven": _("that %(name)s agreed on %(on)s is not proven, and %(rule)s"),
        "refused": _("%(name)s refused on %(on)s"),
        "withdrew": _("%(name)s withdrew on %(on)s"),
        "restricted": _("the data of %(name)s may not be used at present"),
    }[decision["reason"]] % values


def _rule(decision: Frozen) -> str:
    which = decision.get("which", "")
    return {
        Rule.Scope.COUNTRY: _("mail to %(which)s is tracked with consent only"),
        Rule.Scope.DOMAIN: _("mail to addresses at %(which)s is tracked with consent only"),
        Rule.Scope.TEAM: _("the team %(which)s tracks with consent only"),
        Rule.Scope.MAILBOX: _("mail from %(which)s is tracked with consent only"),
    }.get(decision.get("because", ""), _("this company tracks with consent only")) % {
        "which": name_of(which) if decision.get("because") == Rule.Scope.COUNTRY else which
    }


def before_sending(tracked: int, total: int, reasons: Iterable[str]) -> str:
    """What the composer says: “1 of 2 tracked: Anna refused on 3 March 2026.”"""
    text = "; ".join(reasons)
    if tracked == total:
        return ngettext("%(total)d recipient is tracked.", "All %(total)d recipients are tracked.", total) % {"total": total}
    if not tracked:
        return _("Nobody is tracked: %(reasons)s.") % {"reasons": text}
    return _("%(tracked)d of %(total)d tracked: %(reasons)s.") % {"tracked": tracked, "total": total, "reasons": text}
