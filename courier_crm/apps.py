from importlib import import_module

from django.apps import AppConfig


class CourierCrmConfig(AppConfig):
    name = "courier_crm"

    def ready(self) -> None:
        # Tasks sent from a web process go where the settings say, not to Celery's default application.
        import_module("courier_crm.celery")
