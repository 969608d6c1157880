"""Forms of templates, their folders and signatures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.picking import PickField
from mail import letters, merging, signatures
from mail.forms import TypedField
from mail.models import Signature, Template, TemplateFolder
from mail.reading import plain_as_html

CLASSES = {forms.CheckboxInput: "form-check-input", forms.Select: "form-select"}


class PlainLookMixin:
    """The look of the site's boxes."""

    fields: dict[str, forms.Field]

    def dress(self) -> None:
        for field in self.fields.values():
            field.widget.attrs["class"] = next((css for kind, css in CLASSES.items() if isinstance(field.widget, kind)), "form-control")


class TemplateForm(PlainLookMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A template as its owner writes it. What Liquid cannot read is told beside the field."""

    subject = TypedField(label=_("Subject"), required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    body_html = TypedField(label=_("Text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 10}))
    new_folder = forms.CharField(label=_("or a new folder"), required=False, max_length=100)

    class Meta:
        model = Template
        fields = ["name", "subject", "body_html", "folder", "sharing"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["folder"].queryset = TemplateFolder.objects.filter(owner=user)  # type: ignore[attr-defined]
        self.fields["folder"].empty_label = _("No folder")  # type: ignore[attr-defined]
        if user != self.instance.owner:  # whose folders are their own
            del self.fields["folder"], self.fields["new_folder"]
        self.dress()

    def clean_subject(self) -> str:
        return _readable(self.cleaned_data["subject"], merging.check_text)

    def clean_body_html(self) -> str:
        typed: str = self.cleaned_data["body_html"]
        html = letters.clean(typed if "<" in typed else plain_as_html(typed))
        return _readable(html, merging.check_html)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and not values["subject"] and not values["body_html"]:
            self.add_error("body_html", _("Write a text or a subject: this template would insert nothing."))
        return values

    def keep(self) -> Template:
        """Save what was typed; a new folder is made, or found if there is one of that name."""
        values = {name: self.cleaned_data[name] for name in ("name", "subject", "body_html", "sharing")}
        folder = self.cleaned_data.get("folder", self.instance.folder)
        if name := self.cleaned_data.get("new_folder"):
            folder = letters.folder_named(owner=self.instance.owner, name=name)
        return letters.save(template=self.instance, folder=folder, **values)


class TemplateFolderForm(PlainLookMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A folder's name and who shares it."""

    class Meta:
        model = TemplateFolder
        fields = ["name", "sharing"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = TemplateFolder.objects.filter(owner=self.instance.owner).exclude(pk=self.instance.pk)
        if any(other.name.casefold() == name.casefold() for other in others):
            raise forms.ValidationError(_("There is a folder of this name already."))
        return name


class SignatureForm(PlainLookMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A signature, and below what it stands by itself."""

    html = TypedField(label=_("Signature"), strip=False, widget=forms.Textarea(attrs={"rows": 5}))

    class Meta:
        model = Signature
        fields = ["name", "html", "is_default", "is_default_for_replies"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()

    def clean_html(self) -> str:
        html = signatures.clean(self.cleaned_data["html"])
        if not html:
            raise forms.ValidationError(_("Write what shall stand below your mails."))
        return html

    def validate_constraints(self) -> None:
        """Another default is no mistake: this one takes its place (`signatures.save`)."""

    def keep(self) -> Signature:
        return signatures.save(signature=self.instance, **self.cleaned_data)


class PreviewForm(forms.Form):
    """A template as typed, and the contact to show it with."""

    subject = TypedField(required=False)
    body_html = TypedField(required=False, strip=False)
    person = PickField("person", may_create=False, label=_("Show it as for"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].for_user(user)  # type: ignore[attr-defined]
        self.fields["person"].widget.attrs["class"] = "form-control"

    def clean_body_html(self) -> str:
        typed: str = self.cleaned_data["body_html"]
        return letters.clean(typed if "<" in typed else plain_as_html(typed))


def _readable(text: str, check: Any) -> str:
    try:
        check(text)
    except merging.CannotFill as error:
        raise forms.ValidationError(error.sentence) from error
    return text
