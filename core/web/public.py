"""What pages stand on that a tenant shows to people who do not sign in, under `settings.PUBLIC_PATHS`."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.generic import View

from core.partners.networks import network_of
from core.tenancy.counting import count_once, digest
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope

# A signed link is opened by a few people; many telephones share an address of their provider.
WINDOW_SECONDS = 60 * 60
PER_ADDRESS = 240
PER_LINK = 60


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


def may_open(request: HttpRequest, token: str, *, page: str, now: float) -> bool:
    """Count that the link with a token is used on a `page`, and say whether it may be answered.

    `now` is in seconds since the epoch. Every request counts, whatever is wrong with the link, by address and by link.
    With Redis away it is counted in the table of the cache.
    """
    window = int(now // WINDOW_SECONDS)
    names = [
        f"crm:link:{digest('core.web.public.address', f'{page}:{network_of(request)}')}:{window}",
        f"crm:link:{digest('core.web.public.link', f'{page}:{token}')}:{window}",
    ]
    of_address, of_link = count_once(
        names, seconds=2 * WINDOW_SECONDS, away="public.limits_without_redis", in_table=True
    )
    return of_address <= PER_ADDRESS and of_link <= PER_LINK
