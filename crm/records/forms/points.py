"""Boxes for any number of addresses and numbers with a label each, and for tags; both work without script."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.records import tags
from crm.records.fields.values import Point, folded
from crm.records.models import ContactPoint, Label

LABEL = "_label"  # suffix of the name under which a row posts its label
SPARE = 2  # blank rows for those without script
MOST = 30
LIMITS = {"email": 254, "phone": 50, "address": 500}
KINDS = {"email": ("email", "email"), "phone": ("tel", "tel"), "address": ("text", "text")}  # type and keyboard of a box


class PointsInput(forms.Widget):
    """Rows of a box and a label: all boxes post under the field's name, all labels under `…_label`, in the same order."""

    template_name = "records/_points_input.html"

    def __init__(self, point: str) -> None:
        super().__init__()
        self.point = point

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Point]:
        values, labels = _listed(data, name), _listed(data, name + LABEL)
        labels += [Label.WORK] * (len(values) - len(labels))
        return [Point(value, label) for value, label in zip(values, labels, strict=False)]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        given = [Point(value)] if isinstance(value, str) else value or []
        points = [point for point in given if point.value.strip()] or [Point("")]
        spare = [Point("", _next_label(self.point, len(points) + number)) for number in range(SPARE)]
        input_type, keyboard = KINDS[self.point]
        context = super().get_context(name, points, attrs)
        return context | {
            "points": points,
            "spare": spare,
            "labels": Label.choices,
            "input_type": input_type,
            "keyboard": keyboard,
            "point": self.point,
            "limit": LIMITS[self.point],
            "is_wrong": "aria-invalid" in context["widget"]["attrs"],
        }

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """By the site's own templates: the form renderer knows those of apps only."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


def _listed(data: Any, name: str) -> list[str]:
    """Every value of a name; plain dictionaries hold one."""
    if hasattr(data, "getlist"):
        return [str(value) for value in data.getlist(name)]
    return [str(data[name])] if name in data else []


def _next_label(point: str, number: int) -> str:
    """What a further one probably is."""
    return {"phone": Label.MOBILE, "email": Label.OTHER}.get(point, Label.OTHER) if number else Label.WORK


class PointsField(forms.Field):
    """Cleans to a list of Points without doubles, the first one first."""

    def __init__(self, point: str, **options: Any) -> None:
        super().__init__(widget=PointsInput(point), required=False, **options)
        self.point = point

    def clean(self, value: list[Point]) -> list[Point]:
        points: dict[str, Point] = {}
        for given in value[:MOST]:
            one = Point(" ".join(given.value.split()), given.label if given.label in Label.values else Label.OTHER)
            if one.value:
                self._check(one.value)
                points.setdefault(folded(one.value, self.point), one)
        return list(points.values())

    def _check(self, value: str) -> None:
        if self.point == ContactPoint.Kind.EMAIL:
            try:
                validate_email(value)
            except ValidationError:
                raise ValidationError(_("This is not an email address. It looks like name@example.com.")) from None
        if len(value) > LIMITS[self.point]:
            raise ValidationError(_("“{text}…” is too long: at most {limit} characters.").format(text=value[:30], limit=LIMITS[self.point]))


class TagsInput(forms.TextInput):
    """Names with commas between them; a script shows them as chips."""

    template_name = "records/_tags_input.html"

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else ", ".join(str(one) for one in value or [])

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class TagsField(forms.Field):
    """Cleans to names; `tags.named` makes tags of them when the record is saved."""

    widget = TagsInput

    def clean(self, value: str | None) -> list[str]:
        return tags.split(value or "")
