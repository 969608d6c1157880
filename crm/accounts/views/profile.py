"""One's own profile, and everybody's picture."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import profile as profiles
from crm.accounts.forms import ProfileForm
from crm.accounts.models import User
from crm.accounts.requests import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, picture, time zone, language."""
    user = signed_in(request)
    initial = {"name": user.name, "time_zone": user.time_zone, "language": user.language}
    form = ProfileForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        profiles.update(user=user, name=chosen["name"], time_zone=chosen["time_zone"], language=chosen["language"])
        if chosen["picture"]:
            profiles.set_picture(user=user, content=chosen["picture"])
        translation.activate(user.language)
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    context = {"section": "settings", "settings_page": "profile", "form": form}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@require_POST
def avatar_remove(request: HttpRequest) -> HttpResponse:
    """Go back to the initials."""
    profiles.remove_picture(user=signed_in(request))
    messages.success(request, _("Your picture is removed."))
    return redirect("accounts:profile")


@require_safe
def avatar(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture of a user, for everybody who is signed in; it is always an image that we wrote ourselves."""
    person = get_object_or_404(User.objects.exclude(avatar=""), pk=pk)
    try:
        picture = person.avatar.open("rb")
    except OSError:
        raise Http404 from None
    response = FileResponse(picture, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
