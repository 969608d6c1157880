from django.apps import AppConfig

from crm.consent.signals import no_more


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from tracking import stopping  # with the models, which are not there before

        no_more.connect(stopping.heed, dispatch_uid="tracking.stopping")
