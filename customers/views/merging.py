from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.web.views import StaffFormView, StepView
from customers.enums import SelfService, Stage, Tier
from customers.forms.merging import MergeForm, OtherCustomerForm
from customers.models import Customer, CustomerMerge
from customers.permissions import ASSIGN, MERGE
from customers.services import MergeChanged, merge_customers, plan_merge, undo_merge

WORDS = {"tier": dict(Tier.choices), "stage": dict(Stage.choices), "self_service": dict(SelfService.choices)}


class MergeCustomerView(StaffFormView):
    """Ask which customer is the same, show what a merge would do, and do it. Looking changes nothing."""

    permission_required = MERGE
    template_name = "customers/customer_merge.html"
    form_class = MergeForm
    success_message = gettext_lazy("The two are one customer now. For thirty days this can be undone below.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(
            Customer.objects.select_related("account_manager", "group", "referrer"), pk=self.kwargs["pk"]
        )

    @cached_property
    def asked(self) -> OtherCustomerForm:
        return OtherCustomerForm(self.request.GET if "other" in self.request.GET else None)

    @cached_property
    def other(self) -> Customer | None:
        return self.asked.cleaned_data["other"] if self.asked.is_bound and self.asked.is_valid() else None

    @cached_property
    def plan(self) -> Any:
        return plan_merge(kept=self.customer, absorbed=self.other)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        status = 422 if self.asked.is_bound and self.other is None else 200
        return self.render_to_response(self.get_context_data(), status=status)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.other is None:
            return self.get(request)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        may_assign = may(self.request.user, ASSIGN)
        offered = [fact for fact in self.plan.facts if may_assign or fact.name != "account_manager"]
        return {**super().get_form_kwargs(), "kept": self.customer, "absorbed": self.other, "facts": offered}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        if self.other is None:
            context["form"] = self.asked
            return super().get_context_data(customer=self.customer, **context)
        is_possible = self.other.pk != self.customer.pk and not self.plan.clashes
        return super().get_context_data(
            customer=self.customer,
            other=self.other,
            plan=self.plan,
            takes=[
                (fact.label, *(WORDS[fact.name].get(value, "–") for value in (fact.kept, fact.absorbed)))
                for fact in self.plan.takes
            ],
            is_possible=is_possible,
            **context,
        )

    def save(self, form: MergeForm) -> str:
        pair = {"kept": self.customer, "absorbed": self.other}
        facts = {"versions": form.versions, "take": form.taken}
        try:
            merge_customers(**pair, **facts, by=self.request.user, at=timezone.now())
        except MergeChanged:
            form.show_stored(**pair)
            raise
        return reverse("customers:detail", args=[self.customer.pk])


class UndoMergeView(StepView):
    permission_required = MERGE

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        merges = CustomerMerge.objects.select_related("absorbed")
        merge = get_object_or_404(merges, pk=kwargs["merge"], kept_id=kwargs["pk"])
        said = _("The merge was undone: %(number)s stands by itself again.") % {"number": merge.absorbed.number}
        return self.take(undo_merge, merge=merge, said=said, then=reverse("customers:detail", args=[kwargs["pk"]]))
