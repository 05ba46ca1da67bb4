"""Secrets of the second step: allauth's table holds where they are, ours holds them encrypted."""

import uuid

from django.db import transaction

from core.accounts.models import SecondStepSecret, User
from core.tenancy.scope import tenant_scope


@transaction.atomic
def keep_secret(*, user: User, text: str) -> str:
    """Keep a secret of somebody and return where: "tenant:row"; the tenant's scope is open."""
    secret = SecondStepSecret.objects.create(user=user, secret=text)
    return f"{secret.tenant_id}:{secret.pk}"


def open_secret(place: str) -> str:
    """Return the secret kept there. At the sign-in no tenant is active yet, so its scope is opened for it."""
    tenant_id, row_id = map(uuid.UUID, place.split(":"))
    with tenant_scope(tenant_id):
        return SecondStepSecret.objects.get(pk=row_id).secret
