from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.crypto.fields import readable
from core.crypto.masking import UNREADABLE, mask_text
from core.web.lists import (
    ChoiceFilter,
    Column,
    ColumnKind,
    DateRangeFilter,
    HandsFilter,
    ListView,
    PrefixFilter,
    RuleFilter,
    Sort,
)
from core.web.trail import history_of
from core.web.views import StaffView
from customers.permissions import REVEAL
from customers.templatetags.customers import tier_badge
from customers.timeline import known_names
from service_requests.enums import RequestKind
from service_requests.filters import STATES, colleagues, departments, teams
from service_requests.models import ServiceRequest
from service_requests.permissions import VIEW, WORK
from service_requests.policies import days_in_words, hours_in_words, span_in_words
from service_requests.querysets import counts_for, for_list, for_record, in_hands_of, is_overdue
from service_requests.services import current_policy
from service_requests.templatetags.service_requests import green_channel, request_badge, request_deadline
from shipments.filters import CustomerFilter


def page_of(request: ServiceRequest) -> str:
    return reverse("service_requests:detail", args=[request.pk])


class RequestListView(ListView):
    """The queue: what can be worked on, the most urgent first, with the head start of its tier, unless told otherwise.

    What waits has a view of its own, and its place in the queue again when that ends.
    """

    permission_required = VIEW
    template_name = "service_requests/request_list.html"
    filters = (
        STATES,
        RuleFilter(
            name="overdue",
            label=_("Overdue"),
            field="due_at",
            condition=lambda: is_overdue(timezone.now()),
        ),
        ChoiceFilter(name="kind", label=_("Kind"), choices=RequestKind.choices),
        ChoiceFilter(name="department", label=_("Department"), choices=departments, none=_("No department")),
        ChoiceFilter(name="team", label=_("Team"), choices=teams, none=_("No team")),
        ChoiceFilter(name="assignee", label=_("In charge"), choices=colleagues, none=_("Nobody yet")),
        HandsFilter(name="hands", label=_("In the hands of"), leave=in_hands_of),
        PrefixFilter(name="number", label=_("Number"), max_length=20),
        CustomerFilter(name="customer", label=_("Customer number")),
        DateRangeFilter(name="due", label=_("Deadline"), field="due_at"),
        DateRangeFilter(name="opened", label=_("Came in"), field="opened_at"),
        DateRangeFilter(name="closed", label=_("Closed"), field="closed_at"),
    )
    sorts = (
        Sort("queue", _("Place in the queue"), column="queue_at"),
        Sort("due", _("Deadline"), column="due_at"),
        Sort("opened", _("Came in"), column="opened_at", descending_first=True),
    )
    default_sort = "queue"
    export_name = "service-requests"
    export_title = _("Service requests")
    export_columns = (
        Column(_("Number"), lambda row: row.number, name="number", url=page_of, is_head=True),
        Column(_("Kind"), lambda row: row.get_kind_display(), name="kind"),
        Column(_("State"), lambda row: row.get_state_display(), name="state", draw=request_badge),
        Column(
            _("Deadline"),
            lambda row: row.due_at,
            name="due",
            kind=ColumnKind.TIME,
            sort="due",
            draw=request_deadline,
        ),
        Column(
            _("Customer"),
            lambda row: row.customer.display_name,
            name="customer",
            url=lambda row: reverse("customers:detail", args=[row.customer_id]),
        ),
        Column(_("Customer number"), lambda row: row.customer.number, name="customer_number"),
        Column(
            _("Tier"),
            lambda row: row.customer.get_tier_display(),
            name="tier",
            draw=lambda row: format_html("{} {}", tier_badge(row.customer.tier), green_channel(row)),
        ),
        Column(_("Place in the queue"), lambda row: row.queue_at, name="queue", kind=ColumnKind.TIME, sort="queue"),
        Column(_("Waybill"), lambda row: row.shipment and row.shipment.waybill_number, name="waybill"),
        Column(_("Department"), lambda row: row.department and row.department.name, name="department"),
        Column(_("Team"), lambda row: row.team and row.team.name, name="team"),
        Column(_("In charge"), lambda row: row.assignee and row.assignee.name, name="assignee"),
        Column(_("Waits for"), lambda row: row.get_waits_for_display(), name="waits_for"),
        Column(_("Came in"), lambda row: row.opened_at, name="opened", kind=ColumnKind.TIME, sort="opened"),
        Column(_("Closed"), lambda row: row.closed_at, name="closed", kind=ColumnKind.TIME),
    )
    page_columns = ("number", "kind", "state", "due", "customer", "tier", "waybill", "department", "assignee")

    def get_queryset(self) -> QuerySet[ServiceRequest]:
        return for_list(ServiceRequest.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            counts=self._counts(counts_for(self.request.user, at=timezone.now())),
            may_work=may(self.request.user, WORK),
            **context,
        )

    def _counts(self, found: dict[str, int]) -> list[tuple[str, int, str]]:
        """Return each count with its words and the address of what it counts."""
        asked = {
            "overdue": (_("Overdue"), {"overdue": "yes"}),
            "nobodys": (_("Nobody yet"), {"assignee": "none"}),
            "own": (_("Mine"), {"assignee": self.request.user.pk}),
            "waiting": (_("Waiting"), {"state": "waiting"}),
        }
        return [
            (str(label), found[name], f"{self.request.path}?{urlencode(params)}")
            for name, (label, params) in asked.items()
        ]


class RequestDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "service_requests/request_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        request = get_object_or_404(for_record(ServiceRequest.objects.all()), pk=self.kwargs["pk"])
        policy = current_policy()
        names = known_names(request.customer)
        return super().get_context_data(
            service_request=request,
            text=_shown(request, "text", names),
            outcome=_shown(request, "outcome", names),
            allowed=hours_in_words(request.allowed_hours),
            policy=policy,
            days=days_in_words(policy),
            waited=span_in_words(timedelta(seconds=request.waited_seconds)) if request.waited_seconds else "",
            may_reveal=may(self.request.user, REVEAL),
            history=history_of(request, user=self.request.user),
            **context,
        )


def _shown(request: ServiceRequest, field: str, names: list[str]) -> str:
    """Return a text with what is personal in it hidden; empty where nothing was said yet, or it was erased."""
    text = readable(request, field)
    if text is not None:
        return mask_text(text, names)
    was_said = field == "text" or request.is_closed
    return UNREADABLE if was_said and request.customer.erased_at is None else ""
