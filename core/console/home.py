from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from core.web import navigation
from core.web.views import EVERY_USER, StaffView


class SettingsHomeView(StaffView, TemplateView):
    """The settings pages open to this user; refused where there is none."""

    permission_required = EVERY_USER
    template_name = "console/home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pages = navigation.settings_pages_for(request.user)
        if not pages:
            raise PermissionDenied
        return self.render_to_response(self.get_context_data(pages=pages))
