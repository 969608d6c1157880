"""Personal settings → Templates: written, previewed, shared, kept in folders."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.records.models import Person
from mail import consent_block, framing, letters, merge_fields, merging
from mail.addresses import one_line
from mail.letter_forms import PreviewForm, TemplateFolderForm, TemplateForm
from mail.models import Account, Template, TemplateFolder

PAGE = {"section": "settings", "settings_page": "templates"}


@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """One's own templates and those that others share, by folder."""
    user, typed = signed_in(request), one_line(request.GET.get("q", ""))[:100]
    groups = letters.by_folder(user, typed)
    own = set(Template.objects.changeable_by(user).values_list("pk", flat=True))
    own_folders = set(TemplateFolder.objects.changeable_by(user).values_list("pk", flat=True))
    context = {**PAGE, "groups": groups, "typed": typed, "changeable": own, "changeable_folders": own_folders}
    return render(request, "mail/template_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def template_create(request: HttpRequest) -> HttpResponse:
    """Write a new template."""
    return _template_page(request, Template(owner=signed_in(request)), done=_("Saved. You find it in every mail under “Templates”."))


@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a template; one that somebody else shares is shown only."""
    user = signed_in(request)
    template = Template.objects.changeable_by(user).select_related("folder", "owner").filter(pk=pk).first()
    if template:
        return _template_page(request, template, done=_("Saved."))
    seen = get_object_or_404(Template.objects.visible_to(user).select_related("owner"), pk=pk if request.method != "POST" else 0)
    return render(request, "mail/template_detail.html", {**PAGE, "template": seen, "preview": _preview_form(user)})


@require_POST
def template_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """A private copy, opened to be changed."""
    user = signed_in(request)
    copy = letters.duplicate(template=get_object_or_404(Template.objects.visible_to(user).select_related("folder"), pk=pk), owner=user)
    messages.success(request, _("This is your copy. The other one stays as it is."))
    return redirect("mail:template_edit", copy.pk)


@require_POST
def template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a template away; mails that were begun with it stay as they are."""
    template = get_object_or_404(Template.objects.changeable_by(signed_in(request)), pk=pk)
    template.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": template.name})
    return redirect("mail:template_list")


@require_POST
def template_preview(request: HttpRequest) -> HttpResponse:
    """A template as typed, filled for the chosen contact: a document of its own, for a frame."""
    user = signed_in(request)
    form = PreviewForm(request.POST, user=user)
    context: dict[str, Any] = {"sentence": "" if form.is_valid() else " ".join(str(one) for one in form.errors.get("person", []))}
    if form.is_valid():
        about = merge_fields.about_person(user=user, account=_account(user), person=form.cleaned_data["person"])
        typed = Template(subject=form.cleaned_data["subject"], body_html=form.cleaned_data["body_html"])
        try:
            context["filled"] = letters.fill(typed, about)
        except merging.CannotFill as error:
            context["sentence"] = error.sentence
    response = render(request, "mail/template_preview.html", context)
    for name, value in framing.HEADERS.items():
        response[name] = value
    response["Content-Security-Policy"] = framing.policy(request.build_absolute_uri("/").rstrip("/"))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def template_folder_create(request: HttpRequest) -> HttpResponse:
    """A new folder."""
    return _folder_page(request, TemplateFolder(owner=signed_in(request)))


@require_http_methods(["GET", "HEAD", "POST"])
def template_folder_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a folder, or share what is in it."""
    return _folder_page(request, get_object_or_404(TemplateFolder.objects.changeable_by(signed_in(request)), pk=pk))


@require_POST
def template_folder_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a folder away; its templates stay."""
    folder = get_object_or_404(TemplateFolder.objects.changeable_by(signed_in(request)), pk=pk)
    folder.delete()
    messages.success(request, _("The folder “%(name)s” is gone, its templates are not.") % {"name": folder.name})
    return redirect("mail:template_list")


def _template_page(request: HttpRequest, template: Template, *, done: str) -> HttpResponse:
    user = signed_in(request)
    form = TemplateForm(request.POST or None, instance=template, user=user)
    if request.method == "POST" and form.is_valid():
        form.keep()
        messages.success(request, done)
        return redirect("mail:template_list")
    context = {**PAGE, "form": form, "template": template, "preview": _preview_form(user), "fields": merge_fields.all_fields()}
    context["ask_block"] = consent_block.html(merge_fields.FIELDS["my.name"].source)
    return render(request, "mail/template_form.html", context, status=422 if request.method == "POST" else 200)


def _folder_page(request: HttpRequest, folder: TemplateFolder) -> HttpResponse:
    form = TemplateFolderForm(request.POST or None, instance=folder)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("mail:template_list")
    return render(
        request, "mail/template_folder_form.html", {**PAGE, "form": form, "folder": folder}, status=422 if request.method == "POST" else 200
    )


def _preview_form(user: User) -> PreviewForm:
    """Shown with whom one dealt with last."""
    person = Person.objects.visible_to(user).exclude(email="").order_by("-updated_at").first()
    return PreviewForm(user=user, initial={"person": person}, auto_id="preview-%s")


def _account(user: User) -> Account | None:
    return Account.objects.visible_to(user).first()
