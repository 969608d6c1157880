from django.urls import path

from crm.demo import views

app_name = "demo"
urlpatterns = [
    path("inboxes/", views.index, name="index"),
    path("inboxes/<str:address>/", views.inbox, name="inbox"),
    path("inboxes/<str:address>/list", views.mail_list, name="mail_list"),
    path("inboxes/<str:address>/<str:key>/", views.inbox, name="mail"),
    path("inboxes/<str:address>/<str:key>/body", views.body, name="body"),
    path("inboxes/<str:address>/<str:key>/reply", views.reply, name="reply"),
    path("inboxes/<str:address>/<str:key>/source", views.source, name="source"),
    path("inboxes/<str:address>/<str:key>/parts/<int:number>", views.part, name="part"),
    path("site/<slug:page>/", views.site, name="site"),
]
