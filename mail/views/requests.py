"""Who asks. Every page of mail needs a login, so that the user is always one of ours."""

from django.http import HttpRequest

from crm.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The signed-in user. Raises TypeError for a stranger, whom LoginRequiredMiddleware has sent away before."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs a login")
    return request.user


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of ours asks; a form posted without script gets a page."""
    return request.headers.get("Accept", "").startswith("application/json")
