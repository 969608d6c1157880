"""A text field that is encrypted at rest with CREDENTIAL_KEYS (Fernet; newest key first, older ones still decrypt)."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class CannotDecrypt(Exception):
    """No key of CREDENTIAL_KEYS fits: the key that encrypted the value has been dropped."""


def encrypt(text: str) -> str:
    """Ciphertext under the newest key."""
    return _fernet().encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text. Raises CannotDecrypt when every key has been tried."""
    try:
        return _fernet().decrypt(ciphertext.encode()).decode()
    except InvalidToken as error:
        raise CannotDecrypt("CREDENTIAL_KEYS does not hold the key that encrypted this value") from error


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Plain text in Python, ciphertext in the database. Raises CannotDecrypt on reading with the wrong keys."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else ""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return decrypt(value) if value else ""
