"""The page by which a customer reads what was agreed, without signing in."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.web.public import WINDOW_SECONDS, PublicView, may_open
from customers.timeline import known_names, known_points
from service_plans.models import ServicePlan
from service_plans.querysets import for_record, months_of, shown
from service_plans.services import shared_plan


class SharedPlanView(PublicView, TemplateView):
    """An approved plan with what was kept of it.

    Nobody is named: names and numbers of the customer's people are hidden, those of contracts and of ours are not.
    """

    http_method_names = ["get"]
    template_name = "service_plans/shared.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token, at = kwargs["token"], timezone.now()
        if not may_open(request, token, page="service_plans.shared", now=time.time()):
            refusal = _("This was asked too often. Try again in an hour.")
            response = self.render_to_response(self.get_context_data(refusal=refusal), status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        found = shared_plan(token, at=at)
        if found is None:
            refusal = _("This link is no longer valid. Ask us for a new one.")
            return self.render_to_response(self.get_context_data(refusal=refusal), status=404)
        plan = get_object_or_404(for_record(ServicePlan.objects.all()), pk=found.pk)
        items = shown(plan, names=known_names(plan.customer), points=known_points(plan.customer))
        return self.render_to_response(self.get_context_data(plan=plan, items=items, months=months_of(plan)))
