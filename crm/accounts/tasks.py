"""Celery tasks of accounts."""

import logging

from celery import shared_task
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm.accounts import lockout

LIFE = 3600  # seconds after which nobody needs to hear of it any more
logger = logging.getLogger(__name__)


@shared_task
def tell_of_lockout(email: str, address: str) -> None:
    """Tell whoever has this address, if anybody, that their account is locked for a while."""
    lockout.note(email, address=address)


def tell(email: str, address: str = "") -> None:
    """Have the owner of a locked account told, whether there is one or not: the answer must not take longer for those that exist.

    Never raises: with the broker down the sign-in page answers all the same.
    """
    try:
        validate_email(email)
        tell_of_lockout.apply_async((email, address), expires=LIFE, retry=False)
    except ValidationError:  # whatever was typed there: it is written down nowhere
        return
    except Exception as error:  # kombu, redis and the file system each raise their own
        logger.warning("The worker could not be woken (%s); nobody was told of a locked account.", type(error).__name__)
