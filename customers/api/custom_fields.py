"""The courier's own fields of customers, which the values of `custom_values` stand by."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.partners.filters import CHOICE, filters_for
from core.partners.serializers import EXAMPLE_ID, ResourceSerializer, example
from core.partners.views import Resource, Sort
from customers.models import CustomField
from customers.permissions import VIEW


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": EXAMPLE_ID,
                "key": "contract",
                "label": "Contract",
                "kind": "choice",
                "choices": ["Framework", "Single order"],
                "order": 10,
                "is_required": True,
                "is_filtered": True,
                "is_active": True,
            }
        )
    ]
)
class CustomFieldSerializer(ResourceSerializer):
    """A fact that the courier keeps of customers besides ours. Values stand by its key, which never changes.

    Without a value of one that `is_required` no customer is opened; lists are filtered by one that `is_filtered`.
    One that is not active is neither shown nor taken.
    """

    choices = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What a choice may be; empty for other kinds."
    )
    order = serializers.IntegerField(read_only=True, help_text="Where it stands among the fields of a page.")

    class Meta:
        model = CustomField
        fields = ("id", "key", "label", "kind", "choices", "order", "is_required", "is_filtered", "is_active")
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List the courier's own fields"),
    retrieve=extend_schema(summary="Retrieve one of the courier's own fields"),
)
class CustomFieldViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What a courier keeps of customers besides ours; at most fifty, those that were retired included."""

    model = CustomField
    permission_required = VIEW
    serializer_class = CustomFieldSerializer
    filters = filters_for(
        CustomField,
        {
            "key": ("key", ("eq", "in")),
            "kind": ("kind", CHOICE),
            "is_required": ("is_required", ("eq",)),
            "is_filtered": ("is_filtered", ("eq",)),
            "is_active": ("is_active", ("eq",)),
        },
    )
    sorts = (Sort("key"),)
    default_sort = "key"

    def rows(self) -> QuerySet[Any]:
        return CustomField.objects.all()
