from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class PartnersConfig(AppConfig):
    name = "core.partners"
    label = "partners"

    def ready(self) -> None:
        import core.partners.declared
        import core.partners.permissions
        import core.partners.schema  # noqa: F401  tells drf-spectacular how keys authenticate
        from core.accounts import holdings
        from core.audit.erasures import register_part_of_tenant
        from core.jobs import nightly
        from core.partners.bulk.retention import erase_rows, forget_rows
        from core.partners.idempotency import forget_answers
        from core.partners.models import ApiKey
        from core.partners.querysets import live
        from core.partners.services import hand_over_api_key

        register_part_of_tenant(erase_rows)
        holdings.register(
            holdings.Holding(
                name="keys",
                label=_("API keys"),
                words=lambda count: ngettext("%(count)s API key", "%(count)s API keys", count),
                model=ApiKey,
                field="owner",
                open=lambda keys, at: live(keys, at=at),
                hand_over=hand_over_api_key,
                permission="keys.manage",
                page=lambda user: f"{reverse('console:keys')}?{urlencode({'owner': user.pk})}",
            )
        )
        nightly.register("forget-rows", label=_("Forget rows sent by partners"), run=forget_rows, at=time(3, 30))
        nightly.register("forget-answers", label=_("Forget answers to partners"), run=forget_answers, at=time(3, 30))
