"""Policies of one click. Each says beforehand what it changes; `policy.take_back` undoes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.consent.models import Rule
from crm.consent.policy import AS_SHIPPED, COMPANY, NO_DEMANDS, SETTINGS, Changes, Policy, Values

NEED_CONSENT = ("FR", "IT")  # CNIL 2026-042, Garante 284/2026
DOCUMENTED = Rule.Accepted.DOCUMENTED.value


@dataclass(frozen=True)
class Preset:
    """A button of the policy page."""

    key: str
    title: Promise
    explanation: Promise
    changes: Callable[[Policy], Changes]


def find(key: str) -> Preset | None:
    """The preset of that name."""
    return next((one for one in PRESETS if one.key == key), None)


def _shipped(policy: Policy) -> Changes:
    return {key: None for key in policy if key != SETTINGS}


def _with_consent(values: Values) -> Values:
    return {**values, "tracks_unknown": False, "accepts": max(values["accepts"] or 0, DOCUMENTED)}


def _france_and_italy(policy: Policy) -> Changes:
    keys = [f"{Rule.Scope.COUNTRY}:{code}" for code in NEED_CONSENT]
    return {key: _with_consent(policy.get(key, NO_DEMANDS)) for key in keys}


def _everywhere(policy: Policy) -> Changes:
    return {COMPANY: _with_consent(policy.get(COMPANY, AS_SHIPPED))}


def _coarse(policy: Policy) -> Changes:
    return {COMPANY: {**policy.get(COMPANY, AS_SHIPPED), "is_coarse": True}}


def _no_addresses(policy: Policy) -> Changes:
    return {COMPANY: {**policy.get(COMPANY, AS_SHIPPED), "kept": Rule.Kept.NOTHING.value}}


PRESETS = (
    Preset(
        "shipped",
        _("As shipped"),
        _(
            "Users who turned tracking on may track recipients who were not asked, until those refuse. "
            "Network addresses are kept for 90 days. All stricter rules are removed."
        ),
        _shipped,
    ),
    Preset(
        "france-italy",
        _("France and Italy: only with consent"),
        _(
            "The data protection authorities of both countries want consent before the opening of a mail is measured. "
            "Recipients there are tracked only after they answered themselves, or with evidence on file."
        ),
        _france_and_italy,
    ),
    Preset(
        "consent",
        _("Only with consent everywhere"),
        _("Nobody is tracked who did not agree, wherever they are: by their own answer, or with evidence on file."),
        _everywhere,
    ),
    Preset(
        "day",
        _("Only the day of the last opening, everywhere"),
        _("Of each recipient only the day of the last opening is known, each overwriting the one before; links are left alone."),
        _coarse,
    ),
    Preset(
        "no-addresses",
        _("Keep no network addresses"),
        _("An opening or click is judged when it comes in, and the address that it came from is not kept."),
        _no_addresses,
    ),
)
