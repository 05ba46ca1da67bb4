"""What leads choose from: where they come from, and why they come to nothing."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.partners.filters import filters_for
from core.partners.serializers import EXAMPLE_ID, ResourceSerializer, example
from core.partners.views import Resource, Sort
from lifecycle.models import LeadSource, LostReason
from lifecycle.permissions import LEADS_VIEW

EXAMPLE_CHOICE = {"id": EXAMPLE_ID, "name_zh": "展会", "name_en": "Exhibition", "is_active": True, "version": 1}


@extend_schema_serializer(examples=[example(EXAMPLE_CHOICE)])
class LeadSourceSerializer(ResourceSerializer):
    """Where leads come from, as the courier puts it. One that is not active is taken for no new lead."""

    class Meta:
        model = LeadSource
        fields = tuple(EXAMPLE_CHOICE)
        read_only_fields = fields


@extend_schema_serializer(examples=[example({**EXAMPLE_CHOICE, "name_zh": "价格太高", "name_en": "Too expensive"})])
class LeadLostReasonSerializer(ResourceSerializer):
    """Why leads come to nothing, as the courier puts it. For one that is not active none is given up."""

    class Meta:
        model = LostReason
        fields = tuple(EXAMPLE_CHOICE)
        read_only_fields = fields


class ChoiceResource(ListModelMixin, RetrieveModelMixin, Resource):
    """A short list of the courier's that leads choose from, those that were retired included."""

    permission_required = LEADS_VIEW
    sorts = (Sort("name_en"),)
    default_sort = "name_en"

    def rows(self) -> QuerySet[Any]:
        return self.model.objects.all()


@extend_schema_view(
    list=extend_schema(summary="List the sources of leads"),
    retrieve=extend_schema(summary="Retrieve a source of leads"),
)
class LeadSourceViewSet(ChoiceResource):
    """Where leads come from; at most fifty."""

    model = LeadSource
    serializer_class = LeadSourceSerializer
    filters = filters_for(LeadSource, {"is_active": ("is_active", ("eq",))})


@extend_schema_view(
    list=extend_schema(summary="List the reasons for lost leads"),
    retrieve=extend_schema(summary="Retrieve a reason for lost leads"),
)
class LostReasonViewSet(ChoiceResource):
    """Why leads come to nothing; at most fifty."""

    model = LostReason
    serializer_class = LeadLostReasonSerializer
    filters = filters_for(LostReason, {"is_active": ("is_active", ("eq",))})
