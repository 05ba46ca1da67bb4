"""How the trail names what customer development keeps, and where it is."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from development.models import CatalogueService, Competitor, MarketNote, Opportunity, PipelineRules, Proposal

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


def describe_proposals(ids: Collection[uuid.UUID]) -> Described:
    found = Proposal.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: (number, reverse("development:proposal", args=[pk])) for pk, number in found}


def describe_services(ids: Collection[uuid.UUID]) -> Described:
    found = CatalogueService.objects.filter(pk__in=ids)
    return {each.pk: (each.name, reverse("development:update_service", args=[each.pk])) for each in found}


def describe_notes(ids: Collection[uuid.UUID]) -> Described:
    found = MarketNote.objects.filter(pk__in=ids).only("tenant", "written_at")
    return {note.pk: (str(note), reverse("development:market_note", args=[note.pk])) for note in found}
