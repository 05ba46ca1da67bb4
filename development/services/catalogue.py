"""The catalogue of what the tenant offers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError, RecordChanged
from development.models import CatalogueService

MOST_SERVICES = 100


class TooManyServices(DomainError):
    code = "too_many_services"
    message = format_lazy(_("There are at most {most} services, those that were retired included."), most=MOST_SERVICES)


class BenefitWithoutMeasure(DomainError):
    code = "benefit_without_measure"
    message = _("Say what it makes better.")


class ServiceChanged(RecordChanged):
    code = "service_changed"
    message = _("Somebody else changed this service in the meantime. Load the page again to see it.")


@transaction.atomic
def add_service(*, facts: Mapping[str, Any], by: User | None, at: datetime) -> CatalogueService:
    """Add a service to the catalogue. Raises TooManyServices or BenefitWithoutMeasure."""
    if CatalogueService.objects.count() >= MOST_SERVICES:
        raise TooManyServices
    service = CatalogueService(**facts)
    _check(service)
    service.save(force_insert=True)
    record("catalogue_service.added", subject=service, by=by, at=at)
    return service


@transaction.atomic
def update_service(
    *, service: CatalogueService, version: int, facts: Mapping[str, Any], by: User, at: datetime
) -> CatalogueService:
    """Change a service; proposals keep what they say. Raises ServiceChanged or BenefitWithoutMeasure."""
    service = CatalogueService.objects.select_for_update().get(pk=service.pk)
    if service.version != version:
        raise ServiceChanged
    for name, value in facts.items():
        setattr(service, name, value)
    _check(service)
    if service.differs_in(facts):
        service.version += 1
        service.save()
        record("catalogue_service.updated", subject=service, by=by, at=at)
    return service


@transaction.atomic
def retire_service(*, service: CatalogueService, by: User, at: datetime) -> CatalogueService:
    """Offer a service no more; what was proposed stays."""
    return _switch(service, is_active=False, action="catalogue_service.retired", by=by, at=at)


@transaction.atomic
def revive_service(*, service: CatalogueService, by: User, at: datetime) -> CatalogueService:
    """Offer a retired service again."""
    return _switch(service, is_active=True, action="catalogue_service.revived", by=by, at=at)


def _switch(service: CatalogueService, *, is_active: bool, action: str, by: User, at: datetime) -> CatalogueService:
    service = CatalogueService.objects.select_for_update().get(pk=service.pk)
    if service.is_active != is_active:
        service.is_active = is_active
        service.version += 1
        service.save(update_fields=["is_active", "version"])
        record(action, subject=service, by=by, at=at)
    return service


def _check(service: CatalogueService) -> None:
    if service.improves_percent is not None and not service.measure:
        raise BenefitWithoutMeasure
