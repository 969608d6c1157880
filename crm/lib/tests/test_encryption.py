"""Secrets at rest: unreadable in the database, readable under every key that is still listed."""

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from crm.lib.encryption import CannotDecrypt, decrypt, encrypt


def test_the_ciphertext_does_not_show_the_text() -> None:
    ciphertext = encrypt("pässword")
    assert "ssword" not in ciphertext
    assert decrypt(ciphertext) == "pässword"


def test_an_older_key_still_decrypts_and_the_newest_encrypts(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    ciphertext = encrypt("secret")
    settings.CREDENTIAL_KEYS = [new, old]
    assert decrypt(ciphertext) == "secret"
    fresh = encrypt("secret")
    settings.CREDENTIAL_KEYS = [new]
    assert decrypt(fresh) == "secret"
    with pytest.raises(CannotDecrypt):
        decrypt(ciphertext)
