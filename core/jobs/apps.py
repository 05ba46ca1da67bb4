from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

FORGETTING_AT = time(3, 0)


class JobsConfig(AppConfig):
    name = "core.jobs"
    label = "jobs"

    def ready(self) -> None:
        import core.jobs.declared  # noqa: F401  declares actions and personal data of jobs
        from core.accounts import holdings
        from core.events.retention import forget_events
        from core.jobs.enums import UNFINISHED
        from core.jobs.models import BackgroundJob
        from core.jobs.nightly import register
        from core.jobs.retention import forget_files
        from core.jobs.running import hand_over_job

        holdings.register(
            holdings.Holding(
                name="jobs",
                label=_("Background jobs under way"),
                words=lambda count: ngettext("%(count)s job under way", "%(count)s jobs under way", count),
                model=BackgroundJob,
                field="owner",
                open=lambda rows, _at: rows.filter(state__in=UNFINISHED),
                hand_over=hand_over_job,
            )
        )

        register("events.forget", label=_("Forget delivered events"), run=forget_events, at=FORGETTING_AT)
        register("jobs.forget_files", label=_("Forget files of background jobs"), run=forget_files, at=FORGETTING_AT)
