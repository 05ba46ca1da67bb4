from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "core.web"
    label = "web"

    def ready(self) -> None:
        from core.jobs import background
        from core.web import exports

        background.register(exports.KIND, label=_("Export"), permission=exports.permission_of, step=exports.step)
