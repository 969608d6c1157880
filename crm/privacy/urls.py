from django.urls import path

from crm.privacy.views import admin, public

app_name = "privacy"
urlpatterns = [
    path("p/<str:token>/", public.page, name="page"),
    path("p/<str:token>/refuse/", public.refuse, name="refuse"),
    path("p/<str:token>/allow/", public.allow, name="allow"),
    path("p/<str:token>/data/", public.data_request, name="data_request"),
    path("p/ask/<str:token>/", public.ask, name="ask"),
    path("p/data/<str:token>/", public.data, name="data"),
    path("p/data/<str:token>/zip/", public.data_fetch, name="data_fetch"),
    path("settings/privacy/requests/", admin.request_list, name="request_list"),
    path("settings/privacy/requests/new/<slug:kind>/", admin.request_create, name="request_create"),
    path("settings/privacy/requests/<int:pk>/", admin.request_detail, name="request_detail"),
]
