from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("live/", views.live, name="live"),
    path("assistant/", views.assistant, name="assistant"),
    path("assistant/cards/", views.cards, name="cards"),
    path("assistant/latest/", views.latest, name="latest"),
    path("assistant/seen/", views.seen, name="seen"),
    path("assistant/<int:pk>/open/", views.card_open, name="card_open"),
    path("assistant/<int:pk>/put-away/", views.card_put_away, name="card_put_away"),
    path("settings/assistant/", views.kinds, name="kinds"),
]
