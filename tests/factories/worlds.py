"""One row of every tenant model, each text in it marked: something to leak."""

import gzip
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.accounts.enums import Role
from core.accounts.models import User
from core.crypto.fields import EncryptedBinaryField, EncryptedTextField
from core.crypto.models import RootKey
from core.tenancy.fields import MoneyField
from core.tenancy.ids import uuid7
from core.tenancy.models import Tenant, TenantModel
from customers.enums import Channel, ConsentState, Tier
from customers.models import Consent, Customer, Purpose
from customers.services.purposes import BEHAVIOUR
from service_requests.policies import first_hours
from tests.factories.accounts import make_user

FREE_TEXT = (EncryptedTextField, models.CharField, models.TextField)
World = dict[type[TenantModel], TenantModel]
TRIED = {tier: {"now": 1, "then": 1, "cost_now": 0, "cost_then": 0} for tier in Tier.values}
# Fields whose content the product reads, so that a mark would not do.
CONTENT: dict[str, dict[str, Any]] = {
    "jobs.BackgroundJob": {
        "kind": "export",
        "parameters": {"list": "customers", "query": "", "path": "/", "format": "csv"},
    },
    "web.SavedView": {"list_name": "customers", "query": "number={mark}", "is_shared": True},
    "customers.CustomField": {"key": "{mark}"},
    # Something is to mend.
    "customers.Customer": {"quality": 95},
    # Neither verified nor opted out.
    "customers.ContactPoint": {"verified_how": "", "opted_out_how": ""},
    # A draft that nobody approved or answered, and a line without a promise.
    "development.Proposal": {"approved_by": None, "approved_at": None, "answered_at": None},
    "development.ProposalLine": {"measure": "", "baseline": None, "target": None},
    "development.CatalogueService": {"measure": "days"},
    # Neither lost for a reason nor closed.
    "development.Opportunity": {"deal_stage": "identified", "lost_reason": "", "closed_at": None},
    # Not approved, for nobody approves what they wrote themselves.
    "service_plans.ServicePlan": {"approved_by": None},
    # Drafts, for the same reason.
    "tiering.TierPolicy": {"approved_by": None},
    "tiering.TierOverride": {"approved_by": None},
    "tiering.PolicyTrial": {"tiers": TRIED, "flows": [["low", "mid", 1]]},
    "service_requests.ServicePolicy": {"hours": first_hours()},
    # A department is in charge.
    "service_requests.ServiceRequest": {"team": None},
    "imports.ImportBatch": {"kind": "customers", "state": "done", "counts": {"created": 1}},
    "imports.ImportPart": {"content": gzip.compress(b"[]"), "result": gzip.compress(b"[]")},
    "imports.ImportTemplate": {"kind": "customers"},
    "shipments.ImportPart": {"content": gzip.compress(b"W-1,C-1\n"), "result": gzip.compress(b"[]")},
}


def tenant_models() -> list[type[TenantModel]]:
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def make_world(mark: str, *, at: datetime) -> World:
    """Make a row of every model in the active tenant; every free text begins with the mark."""
    world: World = {}
    for model in tenant_models():
        _row_of(model, mark, at, world)
    # By which what its customer did on the web page is shown.
    Consent.objects.create(
        customer=world[Customer],
        purpose=Purpose.objects.get(key=BEHAVIOUR),
        channel=Channel.ONLINE,
        state=ConsentState.GIVEN,
        text_version=1,
        decided_at=at,
    )
    return world


def _row_of(model: type[TenantModel], mark: str, at: datetime, world: World) -> TenantModel:
    if model in world:
        return world[model]
    if model is User:
        user = make_user(role=Role.SUPERVISOR, at=at, email=f"{mark}@staff.example")
        User.objects.filter(pk=user.pk).update(name=f"{mark} person")
        world[model] = User.objects.get(pk=user.pk)
    elif model is RootKey:
        world[model] = RootKey.objects.get()
    else:
        values = {
            field.name: value
            for field in model._meta.local_concrete_fields
            if (value := _value_of(field, mark, at, world)) is not None
        }
        world[model] = model.objects.create(**values)
    return world[model]


def _value_of(field: models.Field, mark: str, at: datetime, world: World) -> Any:
    """Return a value for the field; None leaves what the model gives by itself."""
    content = CONTENT.get(field.model._meta.label, {})
    if field.name in content:
        value = content[field.name]
        return value.format(mark=mark) if isinstance(value, str) else value
    if field.primary_key or field.generated or field.related_model in {Tenant, field.model}:
        return None
    if isinstance(field, models.ForeignKey):
        return _row_of(field.related_model, mark, at, world)
    is_free_text = isinstance(field, FREE_TEXT) and not field.choices
    if field.has_default() or (field.null and not is_free_text):
        return None
    return f"{mark} {field.name}"[: field.max_length] if is_free_text else _plain_value(field, at)


def _plain_value(field: models.Field, at: datetime) -> Any:
    if field.choices:
        return field.choices[0][0]
    # A DateTimeField is a DateField, too.
    values = {
        models.DateTimeField: at,
        models.DateField: at.date(),
        models.UUIDField: uuid7(),
        models.BinaryField: b"content",
        EncryptedBinaryField: b"content",
        models.JSONField: {},
        ArrayField: [],
        models.IntegerField: 9,
        models.DecimalField: 9,
        MoneyField: 9,
        models.BooleanField: False,
    }
    for kind, value in values.items():
        if isinstance(field, kind):
            return value
    raise TypeError(f"Say in tests/factories/worlds.py what {field} may hold.")
