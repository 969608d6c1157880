"""Who makes a request, for views behind the sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

from crm.accounts.models import User
from crm.accounts.permissions import Permission

View = Callable[..., HttpResponseBase]


def signed_in(request: HttpRequest) -> User:
    """The user of a request that LoginRequiredMiddleware let through."""
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in user.")
    return request.user


def needs(permission: Permission) -> Callable[[View], View]:
    """For views: to those whose role does not allow it the page does not exist (404)."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not signed_in(request).may(permission):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return guard
