from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, go_to
from customers.enums import Stage
from customers.models import Customer
from customers.templatetags.customers import stage_badge
from lifecycle.enums import MoveCause
from lifecycle.forms import MoveForm
from lifecycle.models import StageChange
from lifecycle.moves import MOVES
from lifecycle.permissions import CONFIGURE, MOVE, VIEW
from lifecycle.querysets import changes_for_list, changes_since, stage_counts
from lifecycle.selectors import last_nightly_run
from lifecycle.services import evaluate_stages, move_by_hand

RECENT = timedelta(days=30)


class OverviewView(StaffView, TemplateView):
    """How many customers stand in each stage, and every move there may be, with its rule and how often it was made."""

    permission_required = VIEW
    template_name = "lifecycle/overview.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        counts = stage_counts()
        made = changes_since(StageChange.objects.all(), timezone.now() - RECENT)
        moves = [
            {
                "move": move,
                "causes": ", ".join(str(cause.label) for cause in MoveCause if cause in move.causes),
                "count": made.get((move.before, move.after), 0),
            }
            for move in MOVES
        ]
        return super().get_context_data(
            stages=[(stage.value, stage.label, counts.get(stage, 0)) for stage in Stage],
            moves=moves,
            run=last_nightly_run(),
            may_configure=may(self.request.user, CONFIGURE),
            **context,
        )


class EvaluateView(StaffView):
    """Evaluate as the night would; a second time changes nothing."""

    permission_required = CONFIGURE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        yesterday = local_date(at, current_tenant().time_zone) - timedelta(days=1)
        moved = evaluate_stages(as_of=yesterday, at=at)["moved"]
        text = ngettext("%(count)s customer moved.", "%(count)s customers moved.", moved) % {"count": moved}
        messages.success(request, text if moved else _("Nobody moved."))
        return go_to(request, reverse("lifecycle:overview"))


class ChangeListView(ListView):
    permission_required = VIEW
    template_name = "lifecycle/change_list.html"
    filters = (
        ChoiceFilter(name="from", label=gettext_lazy("From stage"), choices=Stage.choices, field="from_stage"),
        ChoiceFilter(name="to", label=gettext_lazy("To stage"), choices=Stage.choices, field="to_stage"),
        ChoiceFilter(name="cause", label=gettext_lazy("What moved it"), choices=MoveCause.choices),
        DateRangeFilter(name="moved", label=gettext_lazy("Moved on"), field="changed_at"),
    )
    sorts = (Sort("moved", gettext_lazy("Moved on"), column="changed_at", descending_first=True),)
    default_sort = "-moved"
    export_name = "stage-changes"
    export_title = gettext_lazy("Moves between stages")
    export_columns = (
        Column(
            gettext_lazy("Customer"),
            lambda row: row.customer.display_name,
            name="customer",
            url=lambda row: reverse("customers:detail", args=[row.customer_id]),
            is_head=True,
        ),
        Column(gettext_lazy("Customer number"), lambda row: row.customer.number, name="number"),
        Column(gettext_lazy("Moved on"), lambda row: row.changed_at, name="moved", kind=ColumnKind.TIME, sort="moved"),
        Column(
            gettext_lazy("From stage"),
            lambda row: row.get_from_stage_display(),
            name="from",
            draw=lambda row: stage_badge(row.from_stage),
        ),
        Column(
            gettext_lazy("To stage"),
            lambda row: row.get_to_stage_display(),
            name="to",
            draw=lambda row: stage_badge(row.to_stage),
        ),
        Column(gettext_lazy("What moved it"), lambda row: row.get_cause_display(), name="cause"),
        Column(gettext_lazy("Reason"), lambda row: row.reason, name="reason"),
        Column(gettext_lazy("In the window"), lambda row: row.contribution, name="window", kind=ColumnKind.MONEY),
        Column(gettext_lazy("Usual"), lambda row: row.usual, name="usual", kind=ColumnKind.MONEY),
        Column(gettext_lazy("Days of silence"), lambda row: row.silent_days, name="silent", kind=ColumnKind.NUMBER),
        Column(gettext_lazy("Shipments"), lambda row: row.shipment_count, name="shipments", kind=ColumnKind.NUMBER),
    )
    page_columns = ("customer", "moved", "from", "to", "cause", "window", "usual", "silent")

    def get_queryset(self) -> QuerySet[StageChange]:
        return changes_for_list(StageChange.objects)


class MoveView(StaffFormView):
    permission_required = MOVE
    template_name = "lifecycle/move_form.html"
    form_class = MoveForm
    error_fields = {"reason_missing": "reason", "bad_hold": "held_until", "move_not_allowed": "stage"}
    success_message = gettext_lazy("The customer is in another stage.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.customer, user=self.request.user, only=("customer.stage_moved",))
        return super().get_context_data(customer=self.customer, history=history, **context)

    def save(self, form: MoveForm) -> str:
        move_by_hand(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])
