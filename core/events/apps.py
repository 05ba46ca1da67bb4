from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "core.events"
    label = "events"

    def ready(self) -> None:
        from core.crypto.register import classify

        classify("events.OutboxEvent", business="name version subject_id payload occurred_at")
