from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "core.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        import core.tenancy.checks  # registers the checks
        import core.tenancy.lookups  # noqa: F401  registers the look-ups
