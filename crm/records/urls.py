from django.shortcuts import render
from django.urls import path

app_name = "records"
urlpatterns = [
    path(f"stub/{name}/", lambda request: render(request, "base.html"), name=name)
    for name in ("deal_board", "activity_list", "person_list", "person_create", "organisation_create", "deal_create", "activity_create")
]
