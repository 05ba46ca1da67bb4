"""What receivers are still owed of events, and dead letters, which are sent again from here."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.accounts.permissions import may
from core.events.dispatching import COUNT_CAP, standing
from core.events.enums import UNSETTLED, DeliveryState
from core.events.models import EventDelivery
from core.events.registry import receivers
from core.events.services import send_again, send_all_again
from core.tenancy.scope import current_tenant
from core.web.lists import ChoiceFilter, Column, ListPage, ListView, PrefixFilter, Sort
from core.web.lists.page import CURSOR
from core.web.views import StaffView, StepView, go_to

MANAGE = "jobs.manage"
MOST_QUERY_LETTERS = 4000


class EventsView(ListView):
    permission_required = "jobs.view"
    template_name = "console/eventdelivery_list.html"
    filters = (
        ChoiceFilter(
            name="state",
            label=gettext_lazy("State"),
            choices=[choice for choice in DeliveryState.choices if choice[0] in UNSETTLED],
        ),
        ChoiceFilter(
            name="receiver",
            label=gettext_lazy("Receiver"),
            choices=lambda: [(name, name) for _event, name in receivers()],
        ),
        PrefixFilter(name="error", label=gettext_lazy("Error")),
    )
    sorts = (Sort("due_at", gettext_lazy("Due"), descending_first=True),)
    default_sort = "-due_at"
    export_name = "undelivered-events"
    export_title = gettext_lazy("Events")
    export_columns = (
        Column(gettext_lazy("Event"), lambda delivery: delivery.event.name),
        Column(gettext_lazy("Receiver"), lambda delivery: delivery.receiver),
        Column(gettext_lazy("Happened"), lambda delivery: delivery.event.occurred_at),
        Column(gettext_lazy("State"), lambda delivery: delivery.get_state_display()),
        Column(gettext_lazy("Due"), lambda delivery: delivery.due_at),
        Column(gettext_lazy("Attempts"), lambda delivery: delivery.attempts),
        Column(gettext_lazy("Error"), lambda delivery: delivery.error),
    )

    def get_queryset(self) -> QuerySet[EventDelivery]:
        return EventDelivery.objects.filter(state__in=UNSETTLED).select_related("event")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            standing=standing(at=timezone.now()),
            dead=_dead_in_words(context["list"]),
            may_manage=may(self.request.user, MANAGE),
            **context,
        )


def _dead_in_words(page: ListPage) -> str:
    """Say what sending all again would do, in numbers; nothing where the list holds no dead letter."""
    dead = page.matching.order_by().filter(state=DeliveryState.DEAD)[: COUNT_CAP + 1].count()
    if not dead:
        return ""
    if dead > COUNT_CAP:
        return _("All dead letters that match, more than %(count)s, are delivered once more.") % {
            "count": f"{COUNT_CAP:,}"
        }
    told = ngettext(
        "%(count)s dead letter that matches is delivered once more.",
        "%(count)s dead letters that match are delivered once more.",
        dead,
    )
    return told % {"count": f"{dead:,}"}


class SendAgainView(StepView):
    permission_required = MANAGE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        delivery = get_object_or_404(EventDelivery.objects, pk=pk)
        said = _("The event is due again; a worker takes it at once.")
        return self.take(send_again, delivery=delivery, said=said, then=reverse("console:events"))


class SendAllAgainView(StaffView):
    """Send every dead letter again that the list shows by its filters, on whatever page of it."""

    permission_required = MANAGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        params = QueryDict(request.POST.get("query", "")[:MOST_QUERY_LETTERS], mutable=True)
        params.pop(CURSOR, None)
        page = ListPage(
            path=reverse("console:events"),
            params=params,
            queryset=EventDelivery.objects.all(),
            filters=EventsView.filters,
            sorts=EventsView.sorts,
            default_sort=EventsView.default_sort,
            tenant=current_tenant(),
        )
        if not page.is_valid:
            messages.error(request, _("The list cannot be understood with these filters. Nothing was sent."))
            return go_to(request, page.path)
        sent = send_all_again(deliveries=page.matching, by=request.user, at=timezone.now())
        told = ngettext("%(count)s dead letter is due again.", "%(count)s dead letters are due again.", sent)
        messages.success(request, told % {"count": f"{sent:,}"})
        return go_to(request, page.path)
