from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class RecordsConfig(AppConfig):
    name = "crm.records"
    label = "records"

    def ready(self) -> None:
        from crm.records.index import tables

        connection_created.connect(tables.connected, dispatch_uid="records.index")
        pre_migrate.connect(tables.step_aside, sender=self)
        post_migrate.connect(tables.look_after, sender=self)
