from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

FORGETTING_AT = time(3, 0)


class JobsConfig(AppConfig):
    name = "core.jobs"
    label = "jobs"

    def ready(self) -> None:
        import core.jobs.declared  # noqa: F401  declares actions and personal data of jobs
        from core.events.retention import forget_events
        from core.jobs.nightly import register
        from core.jobs.retention import forget_files

        register("events.forget", label=_("Forget delivered events"), run=forget_events, at=FORGETTING_AT)
        register("jobs.forget_files", label=_("Forget files of background jobs"), run=forget_files, at=FORGETTING_AT)
