from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "core.partners"
    label = "partners"

    def ready(self) -> None:
        import core.partners.declared
        import core.partners.schema  # noqa: F401  tells drf-spectacular how keys authenticate
