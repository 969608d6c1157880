"""Forms of what administrators set up: custom fields, tags, pipelines, reasons, kinds of activities."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.records.models import ActivityKind, ClosingReason, CustomChoice, CustomField, Pipeline, Stage, Tag
from crm.records.setup import kinds
from crm.records.setup.fields import LISTS

CLASSES = {forms.RadioSelect: "form-check-input", forms.Select: "form-select"}
MAX_CHOICES = 200


def dress(form: forms.BaseForm) -> None:
    """The look of the site's boxes."""
    form.label_suffix = ""
    for field in form.fields.values():
        field.widget.attrs["class"] = next((css for kind, css in CLASSES.items() if isinstance(field.widget, kind)), "form-control")
    for name in ("name",):
        if name in form.fields:
            form.fields[name].widget.attrs["autocomplete"] = "off"


class NamedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A thing whose name no other of its kind has, whatever the capitals."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].error_messages["required"] = _("Give it a name.")
        dress(self)

    def others(self) -> QuerySet[Any]:
        """Those from which the name has to differ."""
        rows: QuerySet[Any] = type(self.instance)._default_manager.all()
        return rows

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if any(other.name.casefold() == name.casefold() for other in self.others().exclude(pk=self.instance.pk)):
            raise forms.ValidationError(_("There is one of this name already."))
        return name

    def validate_constraints(self) -> None:
        """`clean_name` says it in better words."""


class FieldForm(NamedForm):
    """A custom field; of a new one with a list the choices too."""

    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One on each line. More can be added later, and all of them renamed and sorted."),
    )

    class Meta:
        model = CustomField
        fields = ["name", "kind"]

    def __init__(self, *args: Any, is_held: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        kind: Any = self.fields["kind"]
        kind.choices = CustomField.Kind.choices
        if self.instance.pk:
            del self.fields["choices"]
        if is_held:
            kind.disabled = True
            kind.help_text = _("Records hold values in this field, so its kind stays. For another kind add a new field.")

    def others(self) -> QuerySet[Any]:
        return CustomField.objects.filter(of=self.instance.of)

    def clean_choices(self) -> list[str]:
        lines = [" ".join(line.split()) for line in str(self.cleaned_data["choices"]).splitlines()]
        names = list({line.casefold(): line for line in reversed(lines) if line}.values())[::-1]
        if any(len(name) > 100 for name in names):
            raise forms.ValidationError(_("Keep each choice under 100 characters."))
        if len(names) > MAX_CHOICES:
            raise forms.ValidationError(_("A list holds at most {limit} choices.").format(limit=MAX_CHOICES))
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "choices" in self.fields and cleaned.get("kind") in LISTS and not cleaned.get("choices") and "choices" not in self.errors:
            self.add_error("choices", _("Name at least one choice."))
        return cleaned


class ChoiceForm(NamedForm):
    """One entry of a custom field's list."""

    class Meta:
        model = CustomChoice
        fields = ["name"]

    def others(self) -> QuerySet[Any]:
        return CustomChoice.objects.filter(field=self.instance.field)


class ReplaceChoiceForm(forms.Form):
    """What records get that hold a choice which goes."""

    replacement = forms.ModelChoiceField(
        CustomChoice.objects.none(),
        label=gettext_lazy("They get instead"),
        required=False,
        empty_label=gettext_lazy("Nothing: the field is emptied"),
    )

    def __init__(self, *args: Any, choice: CustomChoice, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["replacement"]
        field.queryset = CustomChoice.objects.filter(field=choice.field).exclude(pk=choice.pk)
        dress(self)


class TypedNameForm(forms.Form):
    """Asks for the name of what is deleted, so that nobody deletes by a slip."""

    typed = forms.CharField(label="", required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.name = name
        self.fields["typed"].label = _("Type “{name}” to delete it").format(name=name)
        dress(self)

    def clean_typed(self) -> str:
        typed = " ".join(str(self.cleaned_data["typed"]).split())
        if typed.casefold() != self.name.casefold():
            raise forms.ValidationError(_("This is not its name. Nothing was deleted."))
        return typed


class TagForm(NamedForm):
    """A tag's name and colour."""

    class Meta:
        model = Tag
        fields = ["name", "colour"]
        widgets = {"colour": forms.RadioSelect}

    def clean_name(self) -> str:
        name = super().clean_name()
        if any(character in name for character in ",;|"):
            raise forms.ValidationError(_("A tag holds no comma, semicolon or bar: these stand between tags."))
        return name


class MergeTagForm(forms.Form):
    """The tag that takes the place of another one."""

    into = forms.ModelChoiceField(
        Tag.objects.none(),
        label=gettext_lazy("Replace it by"),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose a tag.")},
    )

    def __init__(self, *args: Any, tag: Tag, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["into"]
        field.queryset = Tag.objects.exclude(pk=tag.pk)
        dress(self)


class PipelineForm(NamedForm):
    """A pipeline's name; of a new one also where its first stages come from."""

    like = forms.ModelChoiceField(
        Pipeline.objects.all(), label=gettext_lazy("Begin with the stages of"), required=False, empty_label=gettext_lazy("The usual ones")
    )

    class Meta:
        model = Pipeline
        fields = ["name"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["like"]


class StageForm(NamedForm):
    """A column of the board."""

    class Meta:
        model = Stage
        fields = ["name", "probability", "rotting_days"]
        labels = {"probability": gettext_lazy("Probability in percent"), "rotting_days": gettext_lazy("Goes stale after days")}
        help_texts = {
            "probability": gettext_lazy("How likely a deal in this stage is won. Forecasts weigh values by it."),
            "rotting_days": gettext_lazy("A deal that stays here for longer is marked on the board. Empty: never."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["probability"] = forms.IntegerField(
            label=self.fields["probability"].label,
            help_text=self.fields["probability"].help_text,
            min_value=0,
            max_value=100,
            error_messages=_all_said(_("A probability is a whole number from 0 to 100.")),
            widget=forms.NumberInput(attrs={"class": "form-control", "min": 0, "max": 100}),
        )
        self.fields["rotting_days"] = forms.IntegerField(
            label=self.fields["rotting_days"].label,
            help_text=self.fields["rotting_days"].help_text,
            required=False,
            min_value=1,
            max_value=3650,
            error_messages=_all_said(_("Write a whole number of days from 1 to 3650, or nothing.")),
            widget=forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": 3650}),
        )

    def others(self) -> QuerySet[Any]:
        return Stage.objects.filter(pipeline=self.instance.pipeline)


def _all_said(sentence: str) -> dict[str, str]:
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)


class StageChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Stages of all pipelines, named with them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline.name} › {obj.name}"


class MoveDealsForm(forms.Form):
    """The stage that takes the deals of what goes."""

    to = StageChoice(
        Stage.objects.none(),
        label=gettext_lazy("Its deals go to"),
        empty_label=gettext_lazy("Choose a stage"),
        error_messages={"required": gettext_lazy("Choose the stage that takes the deals.")},
    )

    def __init__(self, *args: Any, stages: QuerySet[Stage], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["to"]
        field.queryset = stages.select_related("pipeline").order_by("pipeline__position", "pipeline", "position", "pk")
        dress(self)


class ReasonForm(NamedForm):
    """Why deals are won or lost."""

    class Meta:
        model = ClosingReason
        fields = ["name"]

    def others(self) -> QuerySet[Any]:
        return ClosingReason.objects.filter(outcome=self.instance.outcome)


class KindForm(NamedForm):
    """A kind of activity with its icon."""

    icon = forms.ChoiceField(label=gettext_lazy("Icon"), widget=forms.RadioSelect, choices=[(name, name) for name in kinds.ICONS])

    class Meta:
        model = ActivityKind
        fields = ["name", "icon"]

    def clean_name(self) -> str:
        name = super().clean_name()
        if any(str(kind.label).casefold() == name.casefold() for kind, _icon in kinds.SHIPPED):
            raise forms.ValidationError(_("There is one of this name already."))
        return name
