"""Secrets from the environment, or generated and kept under DATA_DIR while Candor runs on loopback only."""

import contextlib
import json
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from crm.environment import Environment


@dataclass(frozen=True)
class Keys:
    """The three independent secrets; the lists are newest first, and older entries go on verifying."""

    secret_key: str
    secret_key_fallbacks: list[str]
    tracking_keys: list[str]
    credential_keys: list[str]
    missing: tuple[str, ...] = ()


def load(environment: Environment, *, data_dir: Path, may_generate: bool) -> Keys:
    """Read the secrets; what is absent comes from `DATA_DIR/keys.json` if they may be generated, else is named missing."""
    secret = environment.text("SECRET_KEY")
    tracking = environment.texts("TRACKING_KEYS")
    credential = environment.texts("CREDENTIAL_KEYS")
    wanted = (("SECRET_KEY", secret), ("TRACKING_KEYS", tracking), ("CREDENTIAL_KEYS", credential))
    missing = tuple(name for name, value in wanted if not value)
    if missing and may_generate:
        kept = _kept_or_generated(data_dir / "keys.json")
        secret = secret or kept["SECRET_KEY"]
        tracking = tracking or [kept["TRACKING_KEYS"]]
        credential = credential or [kept["CREDENTIAL_KEYS"]]
        missing = ()
    return Keys(secret, environment.texts("SECRET_KEY_FALLBACKS"), tracking, credential, missing)


def generate() -> dict[str, str]:
    """Fresh values for the three secrets; CREDENTIAL_KEYS is a Fernet key (32 bytes, base64url)."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TRACKING_KEYS": secrets.token_urlsafe(32),
        "CREDENTIAL_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _kept_or_generated(path: Path) -> dict[str, str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".keys-{secrets.token_hex(4)}.json")
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(json.dumps(generate(), indent=1), encoding="utf-8")
        with contextlib.suppress(FileExistsError):  # the first of several starting processes wins: all read the same keys
            os.link(draft, path)
        draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
