from django.urls import path

from crm.exchange.views import exports, imports

app_name = "exchange"
urlpatterns = [
    path("import/", imports.import_list, name="import_list"),
    path("import/<int:pk>/", imports.import_detail, name="import_detail"),
    path("import/<int:pk>/columns/", imports.import_mapping, name="import_mapping"),
    path("import/<int:pk>/reading/", imports.import_reading, name="import_reading"),
    path("import/<int:pk>/start/", imports.import_start, name="import_start"),
    path("import/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("import/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("import/<int:pk>/delete/", imports.import_delete, name="import_delete"),
    path("import/<int:pk>/problems.csv", imports.import_problems, name="import_problems"),
    path("import/<int:pk>/<slug:outcome>/", imports.import_records, name="import_records"),
    path("settings/export/", exports.export_list, name="export_list"),
    path("settings/export/<int:pk>/", exports.export_fetch, name="export_fetch"),
    path("settings/export/<int:pk>/state/", exports.export_state, name="export_state"),
]
