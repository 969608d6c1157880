from django.shortcuts import render
from django.urls import path

app_name = "mail"
urlpatterns = [
    path("mail/<slug:folder>/", lambda request, folder: render(request, "base.html", {"section": "mail"}), name="folder"),
    path("settings/email-sync/", lambda request: render(request, "base.html"), name="email_sync"),
]
