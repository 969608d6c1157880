"""What an error report may tell: where it happened, never what was in hand, which may be mail, or tracking that is one user's alone."""

import re
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

HIDDEN = SafeExceptionReporterFilter.cleansed_substitute
ALLOWED = frozenset(
    {
        "REQUEST_METHOD",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "wsgi.url_scheme",
    }
)


class NoValues(SafeExceptionReporterFilter):
    """Hides variables, form values, cookies, headers and the session, outside of DEBUG."""

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta = super().get_safe_request_meta(request)
        return {name: value if name in ALLOWED else HIDDEN for name, value in meta.items()} if self.is_active(request) else meta

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        cookies = super().get_safe_cookies(request)
        return dict.fromkeys(cookies, HIDDEN) if self.is_active(request) else cookies

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        values = super().get_post_parameters(request)
        return dict.fromkeys(values, HIDDEN) if self.is_active(request) else values

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: FrameType) -> Any:
        if not self.is_active(request):
            return super().get_traceback_frame_variables(request, tb_frame)
        return [(name, HIDDEN) for name in tb_frame.f_locals]


class Report(ExceptionReporter):
    """Django's report, in which an error's own words and the request's query are hidden as well, outside of DEBUG."""

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if not self.filter.is_active(self.request):
            return data
        data |= {
            "exception_value": HIDDEN,
            "exception_notes": "",
            "request_GET_items": [],
            "request_FILES_items": [],
            "user_str": HIDDEN,
            "settings": {},
        }
        data["request_insecure_uri"] = re.sub(r"\?.*", "", data.get("request_insecure_uri") or "", flags=re.DOTALL)
        for frame in data["frames"]:
            frame["exc_cause"] = type(frame["exc_cause"]).__name__ if frame.get("exc_cause") else None
        return data | {"template_info": None, "unicode_hint": ""}
