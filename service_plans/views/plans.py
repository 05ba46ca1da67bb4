from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffView
from customers.permissions import REVEAL
from customers.timeline import known_names
from service_plans.enums import ItemKind, PlanState
from service_plans.models import ServicePlan
from service_plans.permissions import VIEW, WRITE
from service_plans.querysets import for_list, for_record, months_of, shown
from service_plans.services import share_token
from service_plans.templatetags.service_plans import plan_badge
from shipments.filters import CustomerFilter


def page_of(plan: ServicePlan) -> str:
    return reverse("service_plans:detail", args=[plan.pk])


class PlanListView(ListView):
    """All service plans, those that end first at first."""

    permission_required = VIEW
    template_name = "service_plans/plan_list.html"
    filters = (
        ChoiceFilter(name="state", label=_("State"), choices=PlanState.choices),
        PrefixFilter(name="number", label=_("Number"), max_length=20),
        CustomerFilter(name="customer", label=_("Customer number")),
        DateRangeFilter(name="starts", label=_("Holds from"), field="starts_on"),
        DateRangeFilter(name="ends", label=_("Holds until"), field="ends_on"),
    )
    sorts = (
        Sort("ends", _("Holds until"), column="ends_on"),
        Sort("starts", _("Holds from"), column="starts_on", descending_first=True),
    )
    default_sort = "ends"
    export_name = "service-plans"
    export_title = _("Service plans")
    export_columns = (
        Column(_("Number"), lambda plan: plan.number, name="number", url=page_of, is_head=True),
        Column(
            _("Customer"),
            lambda plan: plan.customer.display_name,
            name="customer",
            url=lambda plan: reverse("customers:detail", args=[plan.customer_id]),
        ),
        Column(_("Customer number"), lambda plan: plan.customer.number, name="customer_number"),
        Column(_("Edition"), lambda plan: plan.edition, name="edition", kind=ColumnKind.NUMBER),
        Column(_("State"), lambda plan: plan.get_state_display(), name="state", draw=plan_badge),
        Column(_("Holds from"), lambda plan: plan.starts_on, name="starts", kind=ColumnKind.TIME, sort="starts"),
        Column(_("Holds until"), lambda plan: plan.ends_on, name="ends", kind=ColumnKind.TIME, sort="ends"),
        Column(
            _("Account manager"),
            lambda plan: plan.customer.account_manager and plan.customer.account_manager.name,
            name="account_manager",
        ),
        Column(_("Approved by"), lambda plan: plan.approved_by and plan.approved_by.name, name="approved_by"),
    )
    page_columns = ("number", "customer", "edition", "state", "starts", "ends", "account_manager")

    def get_queryset(self) -> QuerySet[ServicePlan]:
        return for_list(ServicePlan.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        waiting = ServicePlan.objects.filter(state=PlanState.PROPOSED).count()
        return super().get_context_data(
            waiting=waiting,
            waiting_url=f"{self.request.path}?{urlencode({'state': PlanState.PROPOSED})}",
            may_write=may(self.request.user, WRITE),
            **context,
        )


class PlanDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "service_plans/plan_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        plan = get_object_or_404(for_record(ServicePlan.objects.all()), pk=self.kwargs["pk"])
        user, at = self.request.user, timezone.now()
        tenant = current_tenant()
        may_write = may(user, WRITE)
        is_shared = plan.state == PlanState.APPROVED and plan.shared_until is not None and plan.shared_until > at
        return super().get_context_data(
            plan=plan,
            items=shown(plan, names=known_names(plan.customer)),
            months=months_of(plan),
            holds=plan.holds_on(local_date(at, tenant.time_zone)),
            kinds=ItemKind.choices,
            may_change=may_write and plan.state == PlanState.DRAFT,
            may_reveal=may(user, REVEAL),
            share_url=self._share_url(plan) if is_shared and may_write else "",
            history=history_of(plan, user=user),
            **context,
        )

    def _share_url(self, plan: ServicePlan) -> str:
        path = reverse("service_plans:shared", args=[current_tenant().slug, share_token(plan)])
        return self.request.build_absolute_uri(path)
