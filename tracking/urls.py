from django.urls import path, re_path

from tracking import views

app_name = "tracking"
urlpatterns = [
    re_path(r"^i/", views.pixel, name="pixel"),
    re_path(r"^l/", views.link, name="link"),
    path("tracking/<int:pk>/icons/", views.icons, name="icons"),
]
