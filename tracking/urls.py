from django.urls import path

from tracking import views

app_name = "tracking"
urlpatterns = [
    path("tracking/<int:pk>/icons/", views.icons, name="icons"),
]
