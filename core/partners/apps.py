from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "core.partners"
    label = "partners"

    def ready(self) -> None:
        import core.partners.declared
        import core.partners.schema  # noqa: F401  tells drf-spectacular how keys authenticate
        from core.jobs import nightly
        from core.partners.idempotency import forget_answers

        nightly.register("forget-answers", label=_("Forget answers to partners"), run=forget_answers, at=time(3, 30))
