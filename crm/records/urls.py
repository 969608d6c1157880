"""Addresses of people, organisations, deals, activities and what belongs to them."""

from django.urls import path

from crm.records.setup_urls import patterns as setup_patterns
from crm.records.views import activities, board, deals, detail, fields, handing_over, notes, organisations, people, picking

app_name = "records"
urlpatterns = [
    path("people/", people.person_list, name="person_list"),
    path("people/new/", people.person_create, name="person_create"),
    path("people/duplicates/", picking.person_duplicates, name="person_duplicates"),
    path("people/<int:pk>/", people.person_detail, name="person_detail"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/delete/", people.person_delete, name="person_delete"),
    path("organisations/", organisations.organisation_list, name="organisation_list"),
    path("organisations/new/", organisations.organisation_create, name="organisation_create"),
    path("organisations/<int:pk>/", organisations.organisation_detail, name="organisation_detail"),
    path("organisations/<int:pk>/edit/", organisations.organisation_edit, name="organisation_edit"),
    path("organisations/<int:pk>/delete/", organisations.organisation_delete, name="organisation_delete"),
    path("deals/", board.deal_board, name="deal_board"),
    path("deals/list/", deals.deal_list, name="deal_list"),
    path("deals/new/", deals.deal_create, name="deal_create"),
    path("deals/<int:pk>/", deals.deal_detail, name="deal_detail"),
    path("deals/<int:pk>/edit/", deals.deal_edit, name="deal_edit"),
    path("deals/<int:pk>/delete/", deals.deal_delete, name="deal_delete"),
    path("deals/<int:pk>/move/", board.deal_move, name="deal_move"),
    path("deals/<int:pk>/win/", deals.deal_win, name="deal_win"),
    path("deals/<int:pk>/lose/", deals.deal_lose, name="deal_lose"),
    path("deals/<int:pk>/reopen/", deals.deal_reopen, name="deal_reopen"),
    path("activities/", activities.activity_list, name="activity_list"),
    path("activities/new/", activities.activity_create, name="activity_create"),
    path("activities/plan/", activities.activity_plan, name="activity_plan"),
    path("activities/<int:pk>/", activities.activity_detail, name="activity_detail"),
    path("activities/<int:pk>/edit/", activities.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/done/", activities.activity_done, name="activity_done"),
    path("activities/<int:pk>/delete/", activities.activity_delete, name="activity_delete"),
    path("notes/new/", notes.note_create, name="note_create"),
    path("notes/<int:pk>/edit/", notes.note_edit, name="note_edit"),
    path("notes/<int:pk>/delete/", notes.note_delete, name="note_delete"),
    path("timeline/", detail.timeline, name="timeline"),
    path("focus/", detail.focus, name="focus"),
    path("settings/users/<int:pk>/hand-over/", handing_over.hand_over, name="hand_over"),
    path("pick/<slug:kind>/", picking.pick, name="pick"),
    path("fields/<slug:kind>/<int:pk>/<slug:key>/", fields.field_edit, name="field_edit"),
    *setup_patterns,
]
