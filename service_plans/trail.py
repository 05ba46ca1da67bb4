import uuid
from collections.abc import Collection

from django.urls import reverse

from service_plans.models import ServicePlan


def describe_plans(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    plans = ServicePlan.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: (number, reverse("service_plans:detail", args=[pk])) for pk, number in plans}
