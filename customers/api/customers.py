import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.bulk.views import WAIT, TakesMany
from core.partners.filters import CHOICE, RANGE, filters_for
from core.partners.problems import BadPath
from core.partners.serializers import ResourceSerializer
from core.partners.views import Sort
from customers.api.bulk import CUSTOMERS, REFERRER_REFUSALS
from customers.api.own_filters import with_own_filters
from customers.api.shown import (
    CustomerRecordSerializer,
    CustomerSerializer,
    HitSerializer,
    HitsSerializer,
    OpenedCustomerSerializer,
)
from customers.api.taken import CustomerChanges, CustomerInput, CustomerRow, CustomerUpsert, SearchInput
from customers.duplicates import Newcomer
from customers.finding import Found, find_customers
from customers.models import Customer
from customers.newcomers import alike_to
from customers.numbers import BadNumber, clean_number
from customers.permissions import EDIT, VIEW
from customers.querysets import as_opened, bring_links, for_list, for_record, record_of, with_links
from customers.services import Outcome, change_customer, open_customer, upsert_customer

MOST_LETTERS = 40
NUMBER = OpenApiParameter(
    "number",
    {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS},
    OpenApiParameter.PATH,
    description="The customer's number.",
)


@extend_schema_view(
    list=extend_schema(summary="List customers"),
    retrieve=extend_schema(summary="Retrieve a customer with contacts and addresses"),
)
class CustomerViewSet(ListModelMixin, RetrieveModelMixin, TakesMany):
    """Customers. Personal data is masked as on the pages, but for keys with personal:read."""

    model = Customer
    permission_required = VIEW
    write_permission = EDIT
    serializer_class = CustomerSerializer
    record_serializer_class = CustomerRecordSerializer
    inputs = {
        "create": CustomerInput,
        "partial_update": CustomerChanges,
        "upsert": CustomerUpsert,
        "search": SearchInput,
        "bulk": CustomerRow,
    }
    bulk_kinds = {"bulk": CUSTOMERS}
    successes = dict.fromkeys(bulk_kinds, TakesMany.bulk_successes)
    answers = {"search": HitsSerializer}
    refusals = {
        "bad_number": (400, "/number"),
        "customer_number_taken": (409, "/number"),
        "company_name_missing": (400, "/company_name"),
        "person_name_missing": (400, "/person_name"),
        "required_value_missing": (400, "/custom_values"),
        **REFERRER_REFUSALS,
        "may_not_assign": (403, "/account_manager_id"),
        "needs_manager": (409, "/account_manager_id"),
        "customer_changed": (412, None),
    }
    filters = filters_for(
        Customer,
        {
            "number": ("number", ("eq", "ne", "in")),
            "kind": ("kind", ("eq",)),
            "company_name": ("company_name", ("contains",)),
            "group": ("group__name", ("eq", "in")),
            "referrer": ("referrer__number", ("eq",)),
            "region": ("region", ("eq", "ne", "in")),
            "tags": ("tags", ("contains",)),
            "tier": ("tier", (*CHOICE, "is_null")),
            "segment": ("segment", (*CHOICE, "is_null")),
            "self_service": ("self_service", CHOICE),
            "stage": ("stage", CHOICE),
            "account_manager_id": ("account_manager", ("eq", "in", "is_null")),
            "contribution": ("contribution", RANGE),
            "created_at": ("created_at", RANGE),
            "last_shipment_at": ("last_shipment_at", (*RANGE, "is_null")),
        },
    )
    sorts = (Sort("created_at"), Sort("contribution"), Sort("number"))
    default_sort = "-created_at"

    def get_serializer_class(self) -> type[ResourceSerializer]:
        return OpenedCustomerSerializer if self.action == "create" else super().get_serializer_class()

    def rows(self) -> QuerySet[Any]:
        customers = Customer.objects.all()
        if self.action != "list":
            customers = for_record(customers)
        else:
            customers = for_list(for_record(customers) if self.parameters.expand else customers)
        # The id of the account manager suffices.
        return with_links(customers.select_related(None))

    def filters_of(self, given: QueryDict) -> type[FilterSet]:
        return with_own_filters(self.filters, given)

    def find(self, pk: uuid.UUID) -> Customer:
        return record_of(pk)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Customers. Personal data is masked as on the pages, but for keys with personal:read.

        The courier's own fields that are offered as filters are filters here, too, by their keys:
        `filter[custom_values.KEY][OPERATOR]=value`. Texts and choices take `eq` and `in`; numbers and dates `eq`, `gt`,
        `gte`, `lt` and `lte`. A field that is not there, or is not offered as a filter, is refused by name.
        """
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="Create a customer")
    def create(self, request: Request) -> Response:
        """Open the archive of a new customer; a number that is taken is refused, without one it gets the next. Who it
        may be of the archive, by its name, is named in `possible_duplicates` and refuses nothing.
        """
        facts = self.read_input()
        alike = alike_to(Newcomer(facts.get("company_name", ""), facts.get("person_name", "")))
        customer = open_customer(number=facts.pop("number", ""), facts=facts, by=request.auth, at=timezone.now())
        customer.possible_duplicates = alike
        return self._answer_with_new(customer)

    @extend_schema(summary="Change a customer")
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the named facts. If-Match is required, for staff edits the same record."""
        customer = self.get_object()
        changes = self.read_input()
        version = self.check_version(customer, is_required=True)
        change_customer(customer=customer, changes=changes, version=version, by=request.auth, at=timezone.now())
        return self.answer_with(customer)

    @extend_schema(summary="Retrieve a customer by its number", parameters=[NUMBER])
    @action(detail=False, url_path="by-number/<number:number>", url_name="by-number")
    def by_number(self, request: Request, number: str) -> Response:
        """The same as by id, for who knows the number alone."""
        self.shown = get_object_or_404(self.get_queryset(), number=_number(number))
        return Response(self.get_serializer(self.shown).data)

    @extend_schema(summary="Create or change the customer of a number", parameters=[NUMBER])
    @by_number.mapping.put
    def upsert(self, request: Request, number: str) -> Response:
        """Open the archive of the number, or change the named facts of the one that is there; the same again changes
        nothing. If-None-Match: * creates only, If-Match changes only.
        """
        number = _number(number)
        stored = Customer.objects.filter(number=number).first()
        changes = self.read_input()
        version = self.check_upsert(stored)
        customer, outcome = upsert_customer(
            number=number, changes=changes, version=version, by=request.auth, at=timezone.now()
        )
        return self._answer_with_new(customer) if outcome == Outcome.CREATED else self.answer_with(customer)

    def _answer_with_new(self, customer: Customer) -> Response:
        location = reverse("api:customer-detail", args=[customer.pk])
        return self.answer_with(as_opened(customer), status=201, location=location, is_read=True)

    @extend_schema(summary="Search customers")
    @action(detail=False, methods=["post"])
    def search(self, request: Request) -> Response:
        """Find customers by what somebody says of them. What is said may be personal, so it stands in the body. Numbers
        of shipments, service requests and opportunities lead to their customer, for a key that may read those.
        """
        given = self.read_input()
        hits = find_customers(given["query"], limit=given["limit"], seen_by=request.auth)
        bring_links([hit.customer for hit in hits])
        return Response({"data": [self._shown(hit) for hit in hits]})

    @extend_schema(summary="Create or change many customers", parameters=[WAIT])
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 10,000 customers as a JSON array, or as NDJSON (application/x-ndjson), gzipped if you like; each as by
        its number. A job does them and has a result for every row: a bad one spoils no other.
        """
        return self.take_many(request)

    def _shown(self, hit: Found) -> dict[str, Any]:
        shown = HitSerializer({"customer": hit.customer, "why": hit}, context=self.get_serializer_context()).data
        self.revealed.end_record()
        return shown


def _number(text: str) -> str:
    """Return a number that stands in an address as it is stored. Raises BadPath."""
    try:
        number = clean_number(text)
    except BadNumber as error:
        raise BadPath("number", error) from error
    if not 0 < len(number) <= MOST_LETTERS:
        raise BadPath("number", BadNumber(_("Enter at most %(letters)s letters.") % {"letters": MOST_LETTERS}))
    return number
