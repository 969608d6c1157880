"""A text field that is encrypted at rest with CREDENTIAL_KEYS (Fernet; newest key first, older ones still decrypt)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

DUMPED = "sealed by CREDENTIAL_KEYS:"  # in front of a value that `dumpdata` wrote


class CannotDecrypt(Exception):
    """No key of CREDENTIAL_KEYS fits: the key that encrypted the value has been dropped."""


@dataclass(frozen=True)
class Sealed:
    """A value as the database has it: read when it is asked for, so that a lost key stops nothing that does not need it."""

    ciphertext: str


@dataclass(frozen=True)
class Rotation:
    """How many values were written anew with the newest key, had it already, or are readable by none."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0

    def __add__(self, other: "Rotation") -> "Rotation":
        return Rotation(self.renewed + other.renewed, self.current + other.current, self.unreadable + other.unreadable)


def encrypt(text: str) -> str:
    """Ciphertext under the newest key."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text. Raises CannotDecrypt when every key has been tried."""
    try:
        return _fernet().decrypt(ciphertext.encode()).decode()
    except InvalidToken as error:
        raise CannotDecrypt("CREDENTIAL_KEYS does not hold the key that encrypted this value") from error


def is_readable(instance: models.Model) -> bool:
    """Whether every encrypted value of a row can be read with the keys of today."""
    try:
        for field in _encrypted(type(instance)):
            getattr(instance, field.attname)
    except CannotDecrypt:
        return False
    return True


def rotate(*, dry_run: bool = False) -> Rotation:
    """Encrypt all that is stored with the newest key. What changes meanwhile is left to whoever changes it, with that same key."""
    counts = {"renewed": 0, "current": 0, "unreadable": 0}
    for model in apps.get_models():
        for field in _encrypted(model):
            for pk, sealed in model._base_manager.values_list("pk", field.attname).iterator():
                if sealed:
                    counts[_renew(model, field.attname, pk, sealed, dry_run=dry_run)] += 1
    return Rotation(**counts)


def _renew(model: type[models.Model], name: str, pk: Any, sealed: Sealed, *, dry_run: bool) -> str:
    if is_of_newest(sealed.ciphertext):
        return "current"
    try:
        text = decrypt(sealed.ciphertext)
    except CannotDecrypt:
        return "unreadable"
    if not dry_run:
        model._base_manager.filter(pk=pk, **{name: sealed}).update(**{name: text})
    return "renewed"


def is_of_newest(ciphertext: str) -> bool:
    """Whether the newest key encrypted it."""
    try:
        Fernet(settings.CREDENTIAL_KEYS[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def _encrypted(model: type[models.Model]) -> Iterator["EncryptedTextField"]:
    return (field for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField))


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


class _Unsealing(DeferredAttribute):
    """Decrypts on being read, not on being loaded."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = decrypt(value.ciphertext)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Plain text in Python, ciphertext in the database. Raises CannotDecrypt when the attribute is read with the wrong keys.

    Saving the row all the same keeps the ciphertext as it is. It is equal to nothing in a query but its own Sealed value.
    """

    descriptor_class = _Unsealing

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__.get(self.attname, "")

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.ciphertext
        return encrypt(value) if value else ""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return Sealed(value) if value else ""

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`: what leaves the database stays as unreadable as it is there."""
        value = obj.__dict__.get(self.attname, "")
        sealed = value.ciphertext if isinstance(value, Sealed) else self.get_prep_value(value)
        return DUMPED + sealed if sealed else ""

    def to_python(self, value: Any) -> Any:
        """From `loaddata` as well."""
        return Sealed(value.removeprefix(DUMPED)) if isinstance(value, str) and value.startswith(DUMPED) else super().to_python(value)
