from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "core.partners"
    label = "partners"

    def ready(self) -> None:
        import core.partners.declared
        import core.partners.permissions
        import core.partners.schema  # noqa: F401  tells drf-spectacular how keys authenticate
        from core.audit.erasures import register_part_of_tenant
        from core.jobs import nightly
        from core.partners.bulk.retention import erase_rows, forget_rows
        from core.partners.idempotency import forget_answers

        register_part_of_tenant(erase_rows)
        nightly.register("forget-rows", label=_("Forget rows sent by partners"), run=forget_rows, at=time(3, 30))
        nightly.register("forget-answers", label=_("Forget answers to partners"), run=forget_answers, at=time(3, 30))
