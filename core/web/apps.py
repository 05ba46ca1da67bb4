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
        from core.web import bulk, exports
        from core.web.drafts import forget_drafts
        from core.web.enums import RowOutcome
        from core.web.notices import forget_notices

        nightly.register("notices.forget", label=_("Forget old notices"), run=forget_notices, at=FORGETTING_AT)
        nightly.register("drafts.forget", label=_("Forget old drafts"), run=forget_drafts, at=FORGETTING_AT)
        nightly.register(
            "bulk.forget", label=_("Forget the rows of bulk changes"), run=bulk.forget_outcomes, at=FORGETTING_AT
        )
        background.register(
            bulk.KIND,
            label=_("Bulk change"),
            permission=bulk.permission_of,
            step=bulk.step,
            counts=dict(RowOutcome.choices),
            page=bulk.page_of,
            may_repeat=lambda _job: False,
        )
        background.register(
            exports.KIND,
            label=_("Export"),
            permission=exports.permission_of,
            step=exports.step,
            file_name=exports.file_name,
        )
