"""Who makes a request, for views behind the sign-in."""

from django.http import HttpRequest

from crm.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The user of a request that LoginRequiredMiddleware let through."""
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in user.")
    return request.user
