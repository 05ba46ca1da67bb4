from importlib import import_module

from django.apps import AppConfig


class CourierCrmConfig(AppConfig):
    name = "courier_crm"

    def ready(self) -> None:
        from core.tenancy.provisioning import on_sandbox_made
        from courier_crm.demo import build_sandbox

        on_sandbox_made(build_sandbox)
        # Tasks sent from a web process go where the settings say, not to Celery's default application.
        import_module("courier_crm.celery")
