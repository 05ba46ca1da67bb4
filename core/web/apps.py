from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

FORGETTING_AT = time(3, 0)


class WebConfig(AppConfig):
    name = "core.web"
    label = "web"

    def ready(self) -> None:
        import core.web.declared  # noqa: F401  declares what the pages' own fields hold
        from core.jobs import background, nightly
        from core.web import exports
        from core.web.notices import forget_notices

        nightly.register("notices.forget", label=_("Forget old notices"), run=forget_notices, at=FORGETTING_AT)

        background.register(
            exports.KIND,
            label=_("Export"),
            permission=exports.permission_of,
            step=exports.step,
            file_name=exports.file_name,
        )
