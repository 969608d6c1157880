from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "crm.consent"
    label = "consent"
