"""Writing a draft: the plan itself and its items."""

import uuid
from datetime import timedelta
from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.views import StaffFormView, StepView
from customers.models import Customer
from customers.timeline import known_names
from service_plans.enums import ItemKind
from service_plans.forms import ASKED, CreatePlanForm, DatesForm, ItemForm
from service_plans.models import PlanItem, ServicePlan
from service_plans.permissions import WRITE
from service_plans.querysets import masked
from service_plans.services import add_item, change_item, create_plan, remove_item, update_plan
from service_plans.views.plans import page_of

YEAR = timedelta(days=365)
DATE_ERRORS = {"plan_ends_before_it_starts": "ends_on"}
ITEM_ERRORS = {"nothing_promised": "text", "measure_incomplete": "target_percent"}


class CreatePlanView(StaffFormView):
    permission_required = WRITE
    template_name = "service_plans/plan_form.html"
    form_class = CreatePlanForm
    error_fields = DATE_ERRORS
    success_message = _("The draft is begun. Add what is agreed, then propose it.")

    @cached_property
    def customer(self) -> Customer | None:
        asked = self.request.GET.get("customer")
        if not asked:
            return None
        try:
            return get_object_or_404(Customer.objects, pk=uuid.UUID(asked))
        except ValueError as error:
            raise Http404 from error

    def get_initial(self) -> dict[str, Any]:
        today = local_date(timezone.now(), current_tenant().time_zone)
        return {"starts_on": today, "ends_on": today + YEAR, "remind_days": 30}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: CreatePlanForm) -> str:
        return page_of(create_plan(**form.facts, by=self.request.user, at=timezone.now()))


class UpdatePlanView(StaffFormView):
    permission_required = WRITE
    template_name = "service_plans/plan_form.html"
    form_class = DatesForm
    error_fields = DATE_ERRORS
    success_message = _("Saved.")

    @cached_property
    def plan(self) -> ServicePlan:
        return get_object_or_404(ServicePlan.objects.select_related("customer"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.plan, name) for name in DatesForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(plan=self.plan, customer=self.plan.customer, **context)

    def save(self, form: BaseForm) -> str:
        return page_of(update_plan(plan=self.plan, **form.cleaned_data, by=self.request.user, at=timezone.now()))


class ItemView(StaffFormView):
    """A form about one item of a plan."""

    permission_required = WRITE
    template_name = "service_plans/item_form.html"
    form_class = ItemForm
    error_fields = ITEM_ERRORS

    @cached_property
    def plan(self) -> ServicePlan:
        return get_object_or_404(ServicePlan.objects.select_related("customer"), pk=self.kwargs["pk"])

    @property
    def kind(self) -> str:
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "kind": self.kind}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(plan=self.plan, kind=ItemKind(self.kind).label, **context)


class AddItemView(ItemView):
    success_message = _("The item was added.")

    @property
    def kind(self) -> str:
        if self.kwargs["kind"] not in ItemKind.values:
            raise Http404
        return self.kwargs["kind"]

    def save(self, form: ItemForm) -> str:
        add_item(plan=self.plan, facts=form.facts, by=self.request.user, at=timezone.now())
        return page_of(self.plan)


class ChangeItemView(ItemView):
    success_message = _("Saved.")

    @cached_property
    def item(self) -> PlanItem:
        return get_object_or_404(PlanItem.objects, pk=self.kwargs["item"], plan=self.plan)

    @property
    def kind(self) -> str:
        return self.item.kind

    @cached_property
    def masked(self) -> str:
        self.item.plan = self.plan
        return masked(self.item, known_names(self.plan.customer))

    def get_initial(self) -> dict[str, Any]:
        names = ASKED.get(self.kind, ())
        initial = {name: getattr(self.item, name) for name in names}
        return {**initial, "text": self.masked if self.masked == self.item.text else ""}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "stored": self.item, "masked": self.masked}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(item=self.item, **context)

    def save(self, form: ItemForm) -> str:
        change_item(item=self.item, facts=form.facts, by=self.request.user, at=timezone.now())
        return page_of(self.plan)


class RemoveItemView(StepView):
    permission_required = WRITE

    def post(self, request: HttpRequest, pk: uuid.UUID, item: uuid.UUID) -> HttpResponse:
        found = get_object_or_404(PlanItem.objects.select_related("plan"), pk=item, plan_id=pk)
        return self.take(remove_item, item=found, said=_("The item was removed."), then=page_of(found.plan))
