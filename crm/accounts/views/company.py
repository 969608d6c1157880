"""The company's settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from crm.accounts import company as settings_of_company
from crm.accounts import second_factor
from crm.accounts.forms import CompanyForm
from crm.accounts.models import User, company
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs, signed_in
from crm.accounts.views.staff import form_page


@form_page
@needs(Permission.MANAGE_COMPANY)
def company_edit(request: HttpRequest) -> HttpResponse:
    """Currency, first day of the week, reasons, second factor."""
    form = CompanyForm(request.POST or None, instance=company())
    if request.method == "POST" and form.is_valid():
        actor = signed_in(request)
        settings_of_company.change(values=form.cleaned_data, actor=actor, but=request.session.session_key or "")
        messages.success(request, _("Saved."))
        if second_factor.is_missing(actor):
            request.session[second_factor.MISSING] = True
        return redirect("accounts:company")
    without = second_factor.with_state(User.objects.filter(is_active=True)).filter(has_second_factor=False).count()
    context = {"section": "settings", "settings_page": "company", "form": form, "without": without}
    return render(request, "accounts/company.html", context, status=422 if form.errors else 200)
