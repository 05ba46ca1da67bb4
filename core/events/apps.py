from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "core.events"
    label = "events"

    def ready(self) -> None:
        import core.events.declared  # noqa: F401  declares actions and personal data of events
