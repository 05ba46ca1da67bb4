import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.web.records import DraftedFormView
from core.web.views import StaffFormView, StepView, own_path
from customers.day_page import DAY, day_page
from customers.models import Customer
from customers.needs.reading import with_needs
from service_requests.enums import RequestState
from service_requests.forms import ChargeForm, DeclineForm, OpenRequestForm, OutcomeForm, WaitForm
from service_requests.models import ServiceRequest
from service_requests.permissions import WORK
from service_requests.services import (
    close_request,
    move_request,
    open_request,
    resume_request,
    take_request,
    wait_with_request,
)
from service_requests.views.requests import page_of
from shipments.models import Shipment

NEXT = "next"


def _customers() -> QuerySet[Customer]:
    return with_needs(Customer.objects.all(), customer="pk")


class CreateRequestView(DraftedFormView):
    """A new request: from a customer's or a shipment's page, or from the menu with a waybill or a customer's number."""

    permission_required = WORK
    template_name = "service_requests/request_form.html"
    form_class = OpenRequestForm
    draft_name = "service_requests.new"
    error_fields = {
        "nothing_asked": "text",
        "text_too_long": "text",
        "shipment_of_another": "waybill",
        "department_closed": "department",
        "assignee_cannot_work": "assignee",
    }

    @cached_property
    def shipment(self) -> Shipment | None:
        return self._asked_for("shipment", with_needs(Shipment.objects.select_related("customer")))

    @cached_property
    def customer(self) -> Customer | None:
        return self.shipment.customer if self.shipment else self._asked_for("customer", _customers())

    def _asked_for(self, name: str, rows: Any) -> Any:
        asked = self.request.GET.get(name)
        if not asked:
            return None
        try:
            return get_object_or_404(rows, pk=uuid.UUID(asked))
        except ValueError as error:
            raise Http404 from error

    @property
    def draft_subject_id(self) -> uuid.UUID:
        return self.customer.pk if self.customer else self.draft_record_id

    def get_initial(self) -> dict[str, Any]:
        return {"waybill": self.shipment.waybill_number if self.shipment else ""}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, needing=self.shipment or self.customer, **context)

    def save(self, form: OpenRequestForm) -> str:
        request = open_request(**form.facts, by=self.request.user, at=timezone.now())
        messages.success(self.request, gettext("%(number)s is open.") % {"number": request.number})
        return page_of(request)


class WorkView(StaffFormView):
    """A form about one request that is not closed yet; it leads back to the request, or to where it was asked for."""

    permission_required = WORK
    template_name = "service_requests/request_work.html"
    title: Any = ""
    submit_class = "btn-primary"
    error_fields = {
        "nothing_said": "outcome",
        "text_too_long": "outcome",
        "department_closed": "department",
        "assignee_cannot_work": "assignee",
    }

    @cached_property
    def service_request(self) -> ServiceRequest:
        requests = ServiceRequest.objects.select_related("department", "assignee")
        return get_object_or_404(requests, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(
            service_request=self.service_request,
            title=self.title,
            submit_class=self.submit_class,
            next_url=self.next_url,
            **context,
        )

    @property
    def next_url(self) -> str:
        return own_path(self.request, self.request.GET.get(NEXT), default=page_of(self.service_request))

    def save(self, form: BaseForm) -> str:
        self.act(**form.cleaned_data, request=self.service_request, by=self.request.user, at=timezone.now())
        return self.next_url

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class MoveRequestView(WorkView):
    form_class = ChargeForm
    title = _("Move the request")
    success_message = _("The request was moved.")

    def get_initial(self) -> dict[str, Any]:
        return {"department": self.service_request.department, "assignee": self.service_request.assignee}

    def act(self, **facts: Any) -> object:
        return move_request(**facts)


class WaitView(WorkView):
    form_class = WaitForm
    title = _("Let the request wait")
    success_message = _("The request waits, and its deadline rests. “Go on” when the answer is there.")

    def act(self, **facts: Any) -> object:
        return wait_with_request(**facts)


class FinishView(WorkView):
    form_class = OutcomeForm
    title = _("The request is done")
    success_message = _("The request is done.")

    def act(self, **facts: Any) -> object:
        return close_request(state=RequestState.DONE, **facts)


class DeclineView(WorkView):
    form_class = DeclineForm
    title = _("Decline the request")
    submit_class = "btn-danger"
    success_message = _("The request is declined.")

    def act(self, **facts: Any) -> object:
        return close_request(state=RequestState.DECLINED, **facts)


class RequestStepView(StepView):
    """One step of a request that asks for nothing more."""

    permission_required = WORK
    success_message: Any = ""

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        service_request = get_object_or_404(ServiceRequest.objects, pk=pk)
        then = own_path(request, request.GET.get(NEXT), default=page_of(service_request))
        answer = self.take(self.act, request=service_request, said=self.success_message, then=then)
        return day_page(request) if request.htmx.target == DAY else answer

    def act(self, **facts: Any) -> object:
        """Call the service."""
        raise NotImplementedError


class TakeView(RequestStepView):
    success_message = _("You are in charge of this request.")

    def act(self, **facts: Any) -> object:
        return take_request(**facts)


class ResumeView(RequestStepView):
    success_message = _("The request goes on, and its deadline runs again.")

    def act(self, **facts: Any) -> object:
        return resume_request(**facts)
