"""How the trail names leads, rules and choices, and where they are."""

import uuid
from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lifecycle.models import Lead, LeadSource, LifecyclePolicy, LostReason, PlaybookStep

Names = dict[uuid.UUID, tuple[str, str]]


def describe_leads(ids: Collection[uuid.UUID]) -> Names:
    leads = Lead.objects.filter(pk__in=ids).values_list("pk", "customer__number")
    return {pk: (number, reverse("lifecycle:lead", args=[pk])) for pk, number in leads}


def describe_policies(ids: Collection[uuid.UUID]) -> Names:
    policies = LifecyclePolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    page = reverse("lifecycle:policy")
    return {pk: (_("Version %(version)s") % {"version": version}, page) for pk, version in policies}


def describe_sources(ids: Collection[uuid.UUID]) -> Names:
    return _named(LeadSource, ids, "lifecycle:update_source")


def describe_reasons(ids: Collection[uuid.UUID]) -> Names:
    return _named(LostReason, ids, "lifecycle:update_reason")


def describe_steps(ids: Collection[uuid.UUID]) -> Names:
    return _named(PlaybookStep, ids, "lifecycle:update_step")


def _named(model: Any, ids: Collection[uuid.UUID], page: str) -> Names:
    return {row.pk: (str(row), reverse(page, args=[row.pk])) for row in model.objects.filter(pk__in=ids)}
