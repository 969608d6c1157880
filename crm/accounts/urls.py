from django.shortcuts import render
from django.urls import path

app_name = "accounts"
urlpatterns = [
    path("settings/profile/", lambda request: render(request, "base.html"), name="profile"),
    path("settings/users/", lambda request: render(request, "base.html"), name="user_list"),
    path("users/<int:pk>/avatar/", lambda request, pk: render(request, "base.html"), name="avatar"),
]
