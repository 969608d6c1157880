"""System checks: a wrong configuration stops the start and says what to do."""

import sys
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks

from crm.environment import is_loopback
from crm.keys import generate
from crm.lib.npm import missing_files

TAG = "candor"


@register(TAG)
def check_environment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Values that could not be read, and names that look misspelt."""
    problems = settings.ENVIRONMENT.problems
    return [Error(problem.message, hint=problem.hint, id=f"candor.environment.{problem.name}") for problem in problems]


@register(TAG)
def check_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every secret is there, and CREDENTIAL_KEYS holds Fernet keys."""
    fresh = generate()
    errors: list[CheckMessage] = [
        Error(f"{name} is not set.", hint=f"Set it once and keep it, for example {name}={fresh[name]}", id=f"candor.{name}")
        for name in settings.KEYS.missing
    ]
    for key in settings.CREDENTIAL_KEYS:
        try:
            Fernet(key)
        except ValueError:
            errors.append(
                Error(
                    "CREDENTIAL_KEYS holds a value that is not a Fernet key.",
                    hint=f"A key is 32 bytes in base64, for example {fresh['CREDENTIAL_KEYS']}",
                    id="candor.CREDENTIAL_KEYS.format",
                )
            )
    return errors


@register(TAG)
def check_demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demo conveniences never run on an address that others can reach."""
    if not settings.DEMO or (is_loopback(settings.SITE_URL) and is_loopback(settings.TRACKING_URL)):
        return []
    return [
        Error(
            f"The demo runs on this machine only, and SITE_URL is {settings.SITE_URL}.",
            hint="Unset SITE_URL and TRACKING_URL to see the demo, or follow docs/deployment.md for real use.",
            id="candor.demo",
        )
    ]


@register(TAG)
def check_data_dir(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """DATA_DIR can be written."""
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.DATA_DIR / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        hint = "Free some space, correct its permissions, or set DATA_DIR to another folder."
        return [Error(f"DATA_DIR ({settings.DATA_DIR}) cannot be written: {error.strerror}.", hint=hint, id="candor.DATA_DIR")]
    return []


@register(TAG, deploy=True)
def check_privacy_of_data_dir(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Other users of the machine cannot read mail, uploads and spool."""
    try:
        is_open = settings.DATA_DIR.stat().st_mode & 0o007
    except OSError:  # told by the check above
        return []
    hint = f"Close it: chmod 700 {settings.DATA_DIR}"
    return [Warning("Every user of this machine can read DATA_DIR.", hint=hint, id="candor.DATA_DIR.open")] if is_open else []


@register(Tags.staticfiles)
def check_front_end(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The npm files are installed, unless they have been built into STATIC_ROOT already."""
    if settings.IS_BUILT or not missing_files():
        return []
    return [Warning("The front-end files are not installed.", hint="Run `make setup`.", id="candor.front_end")]


def stop_on_errors() -> None:
    """End a server's or worker's start with the sentences of Candor's own checks, if any is an error."""
    errors = [message for message in run_checks(tags=[TAG]) if message.is_serious()]
    if errors:
        sys.exit("Candor cannot start:\n" + "\n".join(f"  {error.msg}\n    {error.hint}" for error in errors))
