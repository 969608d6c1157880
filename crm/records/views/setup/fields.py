"""Custom fields and their choices, for administrators."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records.forms.setup import ChoiceForm, FieldForm, ReplaceChoiceForm, TypedNameForm
from crm.records.models import CustomChoice, CustomField
from crm.records.setup import fields
from crm.records.views.page import Request, told
from crm.records.views.setup.page import ask, frame, posted, put_in_order

PAGE = "fields"
manages = needs(Permission.MANAGE_FIELDS)


def _list_of(of: str) -> str:
    return f"{reverse('records:custom_field_list')}?of={of}"


def _wanted_of(request: Request) -> str:
    wanted = request.GET.get("of", "")
    return wanted if wanted in CustomField.Of.values else CustomField.Of.PERSON


@require_safe
@manages
def custom_field_list(request: Request) -> HttpResponse:
    """The fields of one kind of record in their order; archived ones below."""
    of = _wanted_of(request)
    found = list(CustomField.objects.filter(of=of).prefetch_related("choices"))
    counts = fields.held([field.pk for field in found])
    rows = [{"field": field, "held": counts.get(field.pk, 0)} for field in found]
    context = {
        **frame(PAGE),
        "of": of,
        "kinds": CustomField.Of.choices,
        "rows": [row for row in rows if cast(CustomField, row["field"]).archived_at is None],
        "archived": [row for row in rows if cast(CustomField, row["field"]).archived_at],
    }
    return render(request, "records/setup/field_list.html", context)


@manages
def custom_field_create(request: Request) -> HttpResponse:
    """Add a field, with the choices of its list."""
    field = CustomField(of=_wanted_of(request))
    form = FieldForm(posted(request), instance=field)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        added = fields.add_field(of=field.of, name=values["name"], kind=values["kind"], choices=values["choices"], actor=request.user)
        _warn_of_namesake(request, added)
        return told(request, _list_of(field.of), _("{name} was added.").format(name=added.name))
    title = {
        CustomField.Of.PERSON: _("New field of people"),
        CustomField.Of.ORGANISATION: _("New field of organisations"),
        CustomField.Of.DEAL: _("New field of deals"),
    }[CustomField.Of(field.of)]
    return ask(request, PAGE, title=title, form=form, cancel=_list_of(field.of), button=_("Add"), lists=fields.LISTS)


@manages
def custom_field_edit(request: Request, pk: int) -> HttpResponse:
    """Name and kind of a field, and its choices."""
    field = get_object_or_404(CustomField, pk=pk)
    form = FieldForm(posted(request), instance=field, is_held=field.values.exists())
    before = CustomField.objects.get(pk=pk)  # a bound form writes into its own
    if request.method == "POST" and form.is_valid() and _keep(request, form, before):
        return redirect("records:custom_field_edit", pk)
    return _field_page(request, before, form)


def _keep(request: Request, form: FieldForm, field: CustomField) -> bool:
    try:
        kept = fields.change_field(field=field, name=form.cleaned_data["name"], kind=form.cleaned_data["kind"], actor=request.user)
    except fields.CannotChange as refusal:
        form.add_error("kind", str(refusal))
        return False
    _warn_of_namesake(request, kept)
    messages.success(request, _("{name} was saved.").format(name=kept.name))
    return True


def _field_page(request: Request, field: CustomField, form: FieldForm, choice_form: ChoiceForm | None = None) -> HttpResponse:
    counts = fields.chosen_counts(field)
    context = {
        **frame(PAGE),
        "field": field,
        "form": form,
        "choice_form": choice_form or ChoiceForm(instance=CustomChoice(field=field)),
        "has_list": field.kind in fields.LISTS,
        "choices": [{"choice": choice, "count": counts.get(choice.pk, 0)} for choice in field.choices.all()],
        "cancel": _list_of(field.of),
    }
    is_faulty = form.errors or (choice_form is not None and choice_form.errors)
    return render(request, "records/setup/field_edit.html", context, status=422 if is_faulty else 200)


def _warn_of_namesake(request: Request, field: CustomField) -> None:
    if fields.shipped_namesake(field.of, field.name):
        sentence = _("There is a field “{name}” already that comes with Candor: two of one name are easily mistaken for each other.")
        messages.warning(request, sentence.format(name=field.name))


@require_POST
@manages
def custom_field_order(request: Request, of: str) -> HttpResponse:
    """A field was moved up, down or dragged."""
    rows = CustomField.objects.filter(of=of, archived_at=None)
    about = {
        "person": _("custom fields of people"),
        "organisation": _("custom fields of organisations"),
        "deal": _("custom fields of deals"),
    }
    return put_in_order(request, rows, about.get(of, ""), _list_of(of))


@require_POST
@manages
def custom_field_archive(request: Request, pk: int) -> HttpResponse:
    """Show a field no more, or (`restore`) again."""
    field = get_object_or_404(CustomField, pk=pk)
    if request.POST.get("restore"):
        fields.restore_field(field=field, actor=request.user)
        return told(request, _list_of(field.of), _("{name} is shown again, with the values that it had.").format(name=field.name))
    fields.archive_field(field=field, actor=request.user, now=timezone.now())
    return told(request, _list_of(field.of), _("{name} is archived. Its values are kept.").format(name=field.name))


@manages
def custom_field_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a field for good, once its name was typed."""
    field = get_object_or_404(CustomField, pk=pk)
    form = TypedNameForm(posted(request), name=field.name)
    if request.method == "POST" and form.is_valid():
        fields.delete_field(field=field, actor=request.user)
        return told(request, _list_of(field.of), _("{name} was deleted.").format(name=field.name))
    count = fields.held([field.pk]).get(field.pk, 0)
    sentences = [
        ngettext("{count} record holds a value, which goes with it.", "{count} records hold a value, which goes with it.", count).format(
            count=count
        )
        if count
        else _("No record holds a value."),
        _("Templates that use it have to be changed before they can be inserted again."),
        _("This cannot be undone. Archiving hides the field and keeps the values."),
    ]
    title = _("Delete the field “{name}”?").format(name=field.name)
    return ask(request, PAGE, title=title, form=form, sentences=sentences, cancel=_list_of(field.of), button=_("Delete"), is_danger=True)


@require_POST
@manages
def custom_choice_create(request: Request, pk: int) -> HttpResponse:
    """Add a choice to a field's list."""
    field = get_object_or_404(CustomField, pk=pk, kind__in=fields.LISTS)
    form = ChoiceForm(request.POST, instance=CustomChoice(field=field))
    if not form.is_valid():
        return _field_page(request, field, FieldForm(instance=field, is_held=field.values.exists()), form)
    fields.add_choice(field=field, name=form.cleaned_data["name"], actor=request.user)
    return redirect(f"{reverse('records:custom_field_edit', args=[pk])}#choices")


@manages
def custom_choice_edit(request: Request, pk: int) -> HttpResponse:
    """Rename a choice."""
    choice = get_object_or_404(CustomChoice.objects.select_related("field"), pk=pk)
    form = ChoiceForm(posted(request), instance=choice)
    then = reverse("records:custom_field_edit", args=[choice.field_id])
    if request.method == "POST" and form.is_valid():
        fields.rename_choice(choice=choice, name=form.cleaned_data["name"], actor=request.user)
        return told(request, then, _("{name} was saved.").format(name=form.cleaned_data["name"]))
    return ask(request, PAGE, title=_("Rename a choice"), lead=choice.field.name, form=form, cancel=then)


@manages
def custom_choice_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a choice; records that hold it get another one, or none."""
    choice = get_object_or_404(CustomChoice.objects.select_related("field"), pk=pk)
    form = ReplaceChoiceForm(posted(request), choice=choice)
    then = reverse("records:custom_field_edit", args=[choice.field_id])
    count = fields.chosen_counts(choice.field).get(choice.pk, 0)
    if request.method == "POST" and (form.is_valid() or not count):
        replacement: Any = form.cleaned_data.get("replacement")
        fields.delete_choice(choice=choice, replacement=replacement, actor=request.user, now=timezone.now())
        return told(request, then, _("{name} was deleted.").format(name=choice.name))
    sentence = (
        ngettext("{count} record holds it.", "{count} records hold it.", count).format(count=count) if count else _("No record holds it.")
    )
    title = _("Delete the choice “{name}”?").format(name=choice.name)
    shown = form if count else None
    return ask(request, PAGE, title=title, form=shown, sentences=[sentence], cancel=then, button=_("Delete"), is_danger=True)


@require_POST
@manages
def custom_choice_order(request: Request, pk: int) -> HttpResponse:
    """A choice was moved up, down or dragged."""
    field = get_object_or_404(CustomField, pk=pk)
    then = f"{reverse('records:custom_field_edit', args=[pk])}#choices"
    return put_in_order(request, CustomChoice.objects.filter(field=field), field.name, then)
