"""Two-factor sign-in: how allauth keeps and checks it here, who needs it, how an administrator takes a lost one away."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from crm.accounts import audit, tasks
from crm.accounts.models import User, company
from crm.lib.encryption import CannotDecrypt, Rotation, decrypt, encrypt, is_of_newest

MISSING: Final = "needs_second_factor"  # in a session: its user has to set one up before anything else
STEP: Final = 30  # seconds that a code is shown
SEALED: Final = ("secret", "seed")  # what allauth's JSON holds encrypted


class Adapter(DefaultMFAAdapter):
    """Keeps the secrets encrypted, and lets nobody give up what the company demands."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or it was used already. Wait for the next one."),
        "cannot_delete_authenticator": _("Your company asks everybody for a second factor. It cannot be switched off."),
        "unreadable": _("Your second factor cannot be read any more. Ask your administrator to take it away."),
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises a sentence for the form where the key was lost: an empty secret would be one that anybody can guess."""
        try:
            return decrypt(encrypted_text)
        except CannotDecrypt:
            raise self.validation_error("unreadable") from None

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not company().needs_second_factor


class _Once(mfa_forms.BaseAuthenticateForm):
    """Takes each code once, for as long as it would be valid, and tells the owner when too many were wrong."""

    def clean_code(self) -> str:
        try:
            code = str(super().clean_code())
        except ValidationError as refusal:
            if refusal.code == "too_many_login_attempts":
                tasks.tell(self.user.email)
            raise
        life = STEP * (2 * settings.MFA_TOTP_TOLERANCE + 1)
        if not cache.add(f"candor:code:{self.user.pk}:{normalize_user_code(code)}", 1, timeout=life):
            raise Adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, mfa_forms.AuthenticateForm):
    """The code at the sign-in."""


class ReauthenticateForm(_Once, mfa_forms.ReauthenticateForm):
    """The code before something of weight is changed."""


def is_on(user: User) -> bool:
    """Whether the user signs in with a second factor."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def with_state(users: Any) -> Any:
    """Users with `has_second_factor`."""
    return users.annotate(has_second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)))


def is_missing(user: User) -> bool:
    """Whether the company asks for a second factor that the user does not have."""
    return company().needs_second_factor and not is_on(user)


@transaction.atomic
def take_away(*, user: User, actor: User) -> bool:
    """Remove a lost second factor, so that the password alone lets the user in; False when there was none."""
    removed, _kinds = Authenticator.objects.filter(user=user).delete()
    if removed:
        audit.note("second_factor_reset", actor=actor, about=user.email)
    return bool(removed)


def rotate(*, dry_run: bool = False) -> Rotation:
    """Encrypt the secrets with the newest key, as `encryption.rotate` does for fields."""
    counts = {"renewed": 0, "current": 0, "unreadable": 0}
    for row, name in _sealed(Authenticator.objects.iterator()):
        counts[_renew(row, name, dry_run=dry_run)] += 1
    return Rotation(**counts)


def _sealed(rows: Iterable[Authenticator]) -> Iterator[tuple[Authenticator, str]]:
    return ((row, name) for row in rows for name in SEALED if row.data.get(name))


def _renew(row: Authenticator, name: str, *, dry_run: bool) -> str:
    if is_of_newest(row.data[name]):
        return "current"
    try:
        text = decrypt(row.data[name])
    except CannotDecrypt:
        return "unreadable"
    if not dry_run:
        with transaction.atomic():
            fresh = Authenticator.objects.select_for_update().get(pk=row.pk)
            fresh.data[name] = encrypt(text)
            fresh.save(update_fields=["data"])
    return "renewed"
