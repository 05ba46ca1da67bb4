import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.views import StepView
from customers.enums import SelfService
from customers.models import Customer
from customers.permissions import LOG
from customers.services import note_self_service


class SelfServiceView(StepView):
    """Write down how far a customer has come on the way to serving itself."""

    permission_required = LOG

    def post(self, request: HttpRequest, pk: uuid.UUID, answer: str) -> HttpResponse:
        if answer not in SelfService.values:
            raise Http404
        customer = get_object_or_404(Customer.objects, pk=pk)
        then = reverse("customers:detail", args=[pk])
        return self.take(note_self_service, customer=customer, answer=answer, said=_("It is written down."), then=then)
