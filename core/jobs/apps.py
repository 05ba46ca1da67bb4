from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "core.jobs"
    label = "jobs"

    def ready(self) -> None:
        import core.jobs.declared  # noqa: F401  declares actions and personal data of jobs
