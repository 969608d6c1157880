from django.urls import path

from crm.consent.views import audit, bulk, entries, policy, presets, record

app_name = "consent"
urlpatterns = [
    path("settings/privacy/policy/", policy.policy, name="policy"),
    path("settings/privacy/policy/company/", policy.company_save, name="company_save"),
    path("settings/privacy/policy/settings/", policy.settings_save, name="settings_save"),
    path("settings/privacy/policy/rules/new/<str:scope>/", policy.rule_create, name="rule_create"),
    path("settings/privacy/policy/rules/<int:pk>/", policy.rule_edit, name="rule_edit"),
    path("settings/privacy/policy/rules/<int:pk>/remove/", policy.rule_remove, name="rule_remove"),
    path("settings/privacy/policy/presets/<slug:key>/", presets.preset, name="preset"),
    path("settings/privacy/policy/take-back/", presets.take_back, name="take_back"),
    path("settings/privacy/consent/", bulk.ledger, name="ledger"),
    path("settings/privacy/consent/import/", bulk.entries_import, name="import"),
    path("settings/privacy/consent/import/faults/", bulk.faults, name="faults"),
    path("settings/privacy/consent/set/", bulk.entries_set, name="set"),
    path("settings/privacy/consent/export/", bulk.export, name="export"),
    path("settings/privacy/record/", record.record, name="record"),
    path("settings/audit/", audit.log, name="audit"),
    path("settings/audit/export/", audit.log_export, name="audit_export"),
    path("people/<int:pk>/consent/new/", entries.entry_create, name="entry_create"),
    path("people/<int:pk>/consent/export/", entries.person_export, name="person_export"),
    path("consent/<int:pk>/evidence/", entries.evidence, name="evidence"),
]
