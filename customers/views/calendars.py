"""The calendar of somebody's follow-ups: its link in "my day", and the feed itself, for who holds the link."""

import time
import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from core.tenancy.models import Tenant
from core.tenancy.scope import current_tenant_id, tenant_scope
from core.web.public import WINDOW_SECONDS, may_open
from core.web.views import StaffView, go_to
from customers.follow_ups.calendar import CONTENT_TYPE, calendar
from customers.follow_ups.querysets import for_list, in_hands_of, is_open
from customers.follow_ups.words import show
from customers.models import CalendarFeed, FollowUp
from customers.permissions import FOLLOW_UPS_WORK
from customers.services.calendars import (
    ends_at,
    make_feed,
    reader_of,
    renew_feed,
    revoke_feed,
    tenant_of,
    token_of,
)

MOST = 500


class CalendarView(StaffView, TemplateView):
    """The link to one's own calendar."""

    permission_required = FOLLOW_UPS_WORK
    template_name = "customers/calendar.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        feed = CalendarFeed.objects.filter(user=self.request.user).first()
        path = reverse("customers:calendar_feed", args=[token_of(feed)]) if feed else ""
        url = self.request.build_absolute_uri(path) if path else ""
        ends = ends_at(feed) if feed else None
        is_over = ends is not None and ends <= timezone.now()
        return super().get_context_data(feed=feed, url=url, ends_at=ends, is_over=is_over, **context)


class MakeCalendarView(StaffView):
    permission_required = FOLLOW_UPS_WORK
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        make_feed(user=request.user, at=timezone.now())
        messages.success(request, _("The link is made. One that was there before no longer works."))
        return go_to(request, reverse("customers:calendar"))


class RenewCalendarView(StaffView):
    permission_required = FOLLOW_UPS_WORK
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if renew_feed(user=request.user, at=timezone.now()):
            messages.success(request, _("The link is good for another year."))
        return go_to(request, reverse("customers:calendar"))


class RevokeCalendarView(StaffView):
    permission_required = FOLLOW_UPS_WORK
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        revoke_feed(user=request.user, at=timezone.now())
        messages.success(request, _("The link no longer works."))
        return go_to(request, reverse("customers:calendar"))


class CalendarFeedView(View):
    """The calendar of open follow-ups. Open to who holds the link; whatever is wrong with it, there is nothing."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        tenant = Tenant.objects.filter(pk=tenant_of(token), is_active=True).first()
        # Whoever is signed in elsewhere reads nothing of this courier by the way.
        if tenant is None or current_tenant_id() not in (None, tenant.pk):
            raise Http404
        with tenant_scope(tenant):
            if not may_open(request, token, page="customers.calendar", now=time.time()):
                return HttpResponse(status=429, headers={"Retry-After": str(WINDOW_SECONDS)})
            content = self._content(token, tenant)
        response = HttpResponse(content, content_type=CONTENT_TYPE)
        response.headers["Content-Disposition"] = 'inline; filename="follow-ups.ics"'
        patch_cache_control(response, private=True, no_store=True)
        return response

    @staticmethod
    def _content(token: str, tenant: Tenant) -> bytes:
        at = timezone.now()
        user = reader_of(token, at=at)
        if user is None:
            raise Http404
        zone = zoneinfo.ZoneInfo(user.time_zone or tenant.time_zone)
        with translation.override(user.language), timezone.override(zone):
            rows = for_list(in_hands_of(is_open(FollowUp.objects.all()), user)).order_by("due_at", "id")[:MOST]
            name = f"{_('Follow-ups')} · {tenant.name}"
            return calendar(show(rows), name=name, address=settings.ADDRESS, at=at)
