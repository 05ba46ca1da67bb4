"""How the trail names opportunities, competitors and the chances of each stage, and where they are."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from development.models import Competitor, Opportunity, PipelineRules

Described = dict[uuid.UUID, tuple[str, str]]


def describe_opportunities(ids: Collection[uuid.UUID]) -> Described:
    found = Opportunity.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: (number, reverse("development:detail", args=[pk])) for pk, number in found}


def describe_competitors(ids: Collection[uuid.UUID]) -> Described:
    found = Competitor.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("development:update_competitor", args=[pk])) for pk, name in found}


def describe_rules(ids: Collection[uuid.UUID]) -> Described:
    found = PipelineRules.objects.filter(pk__in=ids).values_list("pk", flat=True)
    return {pk: (_("Chances of the pipeline"), reverse("development:rules")) for pk in found}
