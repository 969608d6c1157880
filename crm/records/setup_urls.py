"""Addresses of the settings pages of records; part of the names of `crm.records.urls`."""

from django.urls import path

from crm.records.views.setup import fields, kinds, pipelines, reasons, tags

patterns = [
    path("settings/fields/", fields.custom_field_list, name="custom_field_list"),
    path("settings/fields/new/", fields.custom_field_create, name="custom_field_create"),
    path("settings/fields/order/<slug:of>/", fields.custom_field_order, name="custom_field_order"),
    path("settings/fields/<int:pk>/", fields.custom_field_edit, name="custom_field_edit"),
    path("settings/fields/<int:pk>/archive/", fields.custom_field_archive, name="custom_field_archive"),
    path("settings/fields/<int:pk>/delete/", fields.custom_field_delete, name="custom_field_delete"),
    path("settings/fields/<int:pk>/choices/", fields.custom_choice_create, name="custom_choice_create"),
    path("settings/fields/<int:pk>/choices/order/", fields.custom_choice_order, name="custom_choice_order"),
    path("settings/fields/choices/<int:pk>/", fields.custom_choice_edit, name="custom_choice_edit"),
    path("settings/fields/choices/<int:pk>/delete/", fields.custom_choice_delete, name="custom_choice_delete"),
    path("settings/tags/", tags.tag_list, name="tag_list"),
    path("settings/tags/new/", tags.tag_create, name="tag_create"),
    path("settings/tags/<int:pk>/", tags.tag_edit, name="tag_edit"),
    path("settings/tags/<int:pk>/merge/", tags.tag_merge, name="tag_merge"),
    path("settings/tags/<int:pk>/delete/", tags.tag_delete, name="tag_delete"),
    path("settings/pipelines/", pipelines.pipeline_list, name="pipeline_list"),
    path("settings/pipelines/new/", pipelines.pipeline_create, name="pipeline_create"),
    path("settings/pipelines/order/", pipelines.pipeline_order, name="pipeline_order"),
    path("settings/pipelines/<int:pk>/", pipelines.pipeline_edit, name="pipeline_edit"),
    path("settings/pipelines/<int:pk>/delete/", pipelines.pipeline_delete, name="pipeline_delete"),
    path("settings/pipelines/<int:pk>/stages/new/", pipelines.stage_create, name="stage_create"),
    path("settings/pipelines/<int:pk>/stages/order/", pipelines.stage_order, name="stage_order"),
    path("settings/stages/<int:pk>/", pipelines.stage_edit, name="stage_edit"),
    path("settings/stages/<int:pk>/delete/", pipelines.stage_delete, name="stage_delete"),
    path("settings/reasons/", reasons.reason_list, name="reason_list"),
    path("settings/reasons/new/<slug:outcome>/", reasons.reason_create, name="reason_create"),
    path("settings/reasons/order/<slug:outcome>/", reasons.reason_order, name="reason_order"),
    path("settings/reasons/<int:pk>/", reasons.reason_edit, name="reason_edit"),
    path("settings/reasons/<int:pk>/delete/", reasons.reason_delete, name="reason_delete"),
    path("settings/activity-kinds/", kinds.activity_kind_list, name="activity_kind_list"),
    path("settings/activity-kinds/new/", kinds.activity_kind_create, name="activity_kind_create"),
    path("settings/activity-kinds/order/", kinds.activity_kind_order, name="activity_kind_order"),
    path("settings/activity-kinds/<int:pk>/", kinds.activity_kind_edit, name="activity_kind_edit"),
    path("settings/activity-kinds/<int:pk>/archive/", kinds.activity_kind_archive, name="activity_kind_archive"),
    path("settings/activity-kinds/<int:pk>/delete/", kinds.activity_kind_delete, name="activity_kind_delete"),
]
