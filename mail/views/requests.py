"""What the views of mail ask of a request."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of ours asks; a form posted without script gets a page."""
    return request.headers.get("Accept", "").startswith("application/json")


def saved(request: HttpRequest, to: str, sentence: str) -> HttpResponse:
    """Say that it is done: to a script as a toast, else on the page that follows."""
    if wants_json(request):
        return JsonResponse({"toast": sentence})
    messages.success(request, sentence)
    return redirect(to)
