"""What pages stand on that a tenant shows to people who do not sign in, under `settings.PUBLIC_PATHS`."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.generic import View

from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope


class PublicView(View):
    """A page of the tenant whose `slug` is in the address, in its scope and its time zone; 404 where there is none.

    Nothing of it is kept in caches or found by search engines.
    """

    tenant: Tenant

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        tenants = Tenant.objects.filter(is_active=True, sandbox_of=None)
        self.tenant = get_object_or_404(tenants, slug=kwargs["slug"])
        with tenant_scope(self.tenant), timezone.override(ZoneInfo(self.tenant.time_zone)):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
        patch_cache_control(response, private=True, no_store=True)
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response
