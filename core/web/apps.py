from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

FORGETTING_AT = time(3, 0)


class WebConfig(AppConfig):
    name = "core.web"
    label = "web"

    def ready(self) -> None:
        from core.accounts import holdings
        from core.jobs import background, nightly
        from core.web import bulk, exports
        from core.web.declared import SHARE
        from core.web.drafts import forget_drafts
        from core.web.enums import RowOutcome
        from core.web.models import SavedView
        from core.web.notices import forget_notices
        from core.web.saved_views import hand_over_view
        from core.web.undoing import forget_undos

        holdings.register(
            holdings.Holding(
                name="views",
                label=_("Shared views of lists"),
                words=lambda count: ngettext("%(count)s shared view", "%(count)s shared views", count),
                model=SavedView,
                field="owner",
                open=lambda rows, _at: rows.filter(is_shared=True),
                hand_over=hand_over_view,
                permission=SHARE,
            )
        )
        nightly.register("notices.forget", label=_("Forget old notices"), run=forget_notices, at=FORGETTING_AT)
        nightly.register("drafts.forget", label=_("Forget old drafts"), run=forget_drafts, at=FORGETTING_AT)
        nightly.register(
            "undos.forget", label=_("Forget what can be undone no more"), run=forget_undos, at=FORGETTING_AT
        )
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
