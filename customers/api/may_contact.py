"""Whether somebody may be contacted: what a program asks before it sends anything itself."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.problems import BadParameters, Fault
from core.partners.serializers import IdField, InputSerializer, TextField, example
from core.partners.views import Resource
from customers.consents.deciding import Standing, may_contact
from customers.consents.preferring import choose_channel
from customers.enums import Channel, ContactReason
from customers.models import Contact, Customer
from customers.permissions import CONSENTS_VIEW

CUSTOMER = OpenApiParameter("customer", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The customer's id.")


class MayContactQuestion(InputSerializer):
    """What somebody is to be contacted for, and how."""

    purpose = TextField(max_length=40, help_text="The key of a purpose.")
    channel = serializers.ChoiceField(
        Channel.choices,
        required=False,
        help_text=(
            "By what they are to be contacted. If left out, the channel that the customer prefers where it may be used,"
            " or else the first of the purpose that may."
        ),
    )
    contact_id = IdField(required=False, help_text="One of the customer's contacts; the whole customer if left out.")


@extend_schema_serializer(
    examples=[
        example(
            {
                "is_allowed": False,
                "channel": "sms",
                "reasons": ["point_opted_out", "no_consent"],
                "point_id": None,
                "against_preferred": [],
            }
        )
    ]
)
class MayContactSerializer(serializers.Serializer):
    """Whether somebody may be contacted, with every reason why not, or the one why."""

    is_allowed = serializers.BooleanField()
    channel = serializers.ChoiceField(
        Channel.choices, allow_null=True, help_text="What it is about; null where none was named and none may be used."
    )
    reasons = serializers.ListField(child=serializers.ChoiceField(ContactReason.choices))
    point_id = serializers.UUIDField(
        allow_null=True,
        help_text=(
            "The contact point to use where they may be contacted; null for a visit, and where everybody who could be"
            " reached said no for themselves."
        ),
    )
    against_preferred = serializers.ListField(
        child=serializers.ChoiceField(ContactReason.choices),
        help_text="Why it is not the channel that the customer prefers, where none was named; empty where it is.",
    )


class MayContactViewSet(Resource):
    """Whether a customer may be contacted. What is sent by a program asks this first, every time."""

    model = Customer
    permission_required = CONSENTS_VIEW
    asks = {"may_contact": MayContactQuestion}
    answers = {"may_contact": MayContactSerializer}

    def rows(self) -> QuerySet[Any]:
        return Customer.objects.only("id", "erased_at", "preferred_channel")

    @extend_schema(summary="Ask whether a customer may be contacted", parameters=[CUSTOMER])
    @action(detail=False, url_path="may-contact", url_name="may-contact")
    def may_contact(self, request: Request, customer: str) -> Response:
        """Say whether the customer, or one of its contacts, may be contacted now for a purpose by a channel, with the
        reasons, and by which contact point.
        """
        found = get_object_or_404(self.rows(), pk=customer)
        asked = self.parameters.read_question()
        contact = self._contact(found, asked.get("contact_id"))
        return Response(MayContactSerializer(self._answer(found, contact, asked)).data)

    @staticmethod
    def _answer(customer: Customer, contact: Contact | None, asked: dict[str, Any]) -> dict[str, Any]:
        at, channel, against = timezone.now(), asked.get("channel"), ()
        if channel is None:
            choice = choose_channel(Standing(customer), asked["purpose"], contact=contact, at=at)
            channel, decision, against = choice.channel, choice.decision, choice.against_preferred
        else:
            decision = may_contact(customer=customer, purpose=asked["purpose"], channel=channel, contact=contact, at=at)
        return {
            "is_allowed": decision.is_allowed,
            "channel": channel,
            "reasons": decision.reasons,
            "point_id": decision.point_id,
            "against_preferred": against,
        }

    @staticmethod
    def _contact(customer: Customer, contact_id: UUID | None) -> Contact | None:
        if contact_id is None:
            return None
        contact = Contact.objects.filter(pk=contact_id, customer=customer).first()
        if contact is None:
            detail = _("This customer has no contact of this id.")
            raise BadParameters([Fault(parameter="contact_id", code="does_not_exist", detail=detail)])
        return contact
