"""How the trail names service requests and their policy, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from service_requests.models import ServicePolicy, ServiceRequest


def describe_requests(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    requests = ServiceRequest.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: (number, reverse("service_requests:detail", args=[pk])) for pk, number in requests}


def describe_policies(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    policies = ServicePolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    page = reverse("service_requests:policy")
    return {pk: (_("Version %(version)s") % {"version": version}, page) for pk, version in policies}
