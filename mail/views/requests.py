"""What the views of mail ask of a request."""

from django.http import HttpRequest


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of ours asks; a form posted without script gets a page."""
    return request.headers.get("Accept", "").startswith("application/json")
