from django.urls import path

from tracking import place_views, views

app_name = "tracking"
urlpatterns = [
    path("settings/places/", place_views.place_list, name="places"),
    path("settings/places/<int:pk>/remove/", place_views.place_remove, name="place_remove"),
    path("tracking/<int:pk>/icons/", views.icons, name="icons"),
    path("tracking/<int:pk>/hits/", views.hit_list, name="hit_list"),
    path("tracking/hits/<int:pk>/correct/", views.hit_correct, name="hit_correct"),
]
