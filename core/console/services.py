import secrets
import zoneinfo
from datetime import datetime

from babel.core import get_global
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_user
from core.audit.services import record
from core.crypto.keys import create_root_key
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.provisioning import provision
from core.tenancy.scope import required_tenant_id, tenant_scope

# ISO 4217 currencies whose minor unit is not a hundredth; amounts are kept in hundredths.
_OTHER_PLACES = (
    """BHD BIF CLF CLP DJF GNF IQD ISK JOD JPY KMF KRW KWD LYD OMR PYG RWF TND UGX UYI VND VUV XAF XOF XPF"""
)
OTHER_PLACES = frozenset(_OTHER_PLACES.split())

SANDBOX_SUFFIX = ".sandbox"
SLUG_RULE = _("Use 2 to 50 small letters, digits and hyphens, a letter first.")


class SlugTaken(DomainError):
    code = "slug_taken"
    message = _("There is a tenant with this slug already.")


class BadTenant(DomainError):
    code = "bad_tenant"


def _legal_tender() -> set[str]:
    """Return the codes of the currencies that some country pays with today."""
    territories = get_global("territory_currencies").values()
    return {code for uses in territories for code, _start, end, is_tender in uses if is_tender and end is None}


@transaction.atomic
def create_tenant(
    *,
    slug: str,
    name: str,
    time_zone: str,
    currency: str,
    admin_email: str,
    at: datetime,
    language: str = "en",
) -> tuple[Tenant, str]:
    """Make a tenant with its keys, its first administrator and what the rooms provide, and its empty sandbox.

    Returns it with the administrator's first password. Raises SlugTaken, BadTenant or EmailTaken; no scope may
    be open.
    """
    if time_zone not in zoneinfo.available_timezones():
        raise BadTenant(_("There is no time zone %(zone)s.") % {"zone": time_zone})
    if currency not in _legal_tender() - OTHER_PLACES:
        raise BadTenant(_("%(code)s is no currency with two decimal places.") % {"code": currency})
    tenant = Tenant(slug=slug, name=name, time_zone=time_zone, currency=currency, language=language, created_at=at)
    try:
        tenant.clean_fields()
    except ValidationError as error:
        words = {**error.message_dict, **({"slug": [SLUG_RULE]} if slug and "slug" in error.message_dict else {})}
        raise BadTenant(" ".join(f"{name}: {' '.join(map(str, said))}" for name, said in words.items())) from error
    try:
        validate_email(admin_email)
    except ValidationError as error:
        raise BadTenant(f"{admin_email}: {' '.join(error.messages)}") from error
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        raise SlugTaken from error

    password = secrets.token_urlsafe(15)
    with tenant_scope(tenant):
        create_root_key(tenant=tenant, at=at)
        create_user(
            email=admin_email,
            name=str(Role.ADMINISTRATOR.label),
            role=Role.ADMINISTRATOR,
            language=language,
            password=password,
            by=None,
            at=at,
        )
        provision(at=at)
    _create_sandbox(tenant, at=at)
    return tenant, password


@transaction.atomic
def update_company(*, name: str, time_zone: str, language: str, by: User, at: datetime) -> Tenant:
    """Change what the active tenant is called, where its days begin and what it speaks; where nothing differs, nothing
    is written. Raises BadTenant.
    """
    if time_zone not in zoneinfo.available_timezones():
        raise BadTenant(_("There is no time zone %(zone)s.") % {"zone": time_zone})
    tenant = Tenant.objects.select_for_update().get(pk=required_tenant_id())
    facts = {"name": name, "time_zone": time_zone, "language": language}
    tenant.as_read = {each: getattr(tenant, each) for each in facts}
    if facts != tenant.as_read:
        for each, value in facts.items():
            setattr(tenant, each, value)
        tenant.save(update_fields=list(facts))
        record("company.changed", subject=tenant, by=by, at=at)
    return tenant


def _create_sandbox(tenant: Tenant, *, at: datetime) -> None:
    sandbox = Tenant(
        slug=f"{tenant.slug}{SANDBOX_SUFFIX}",
        name=tenant.name,
        time_zone=tenant.time_zone,
        currency=tenant.currency,
        language=tenant.language,
        sandbox_of=tenant,
        created_at=at,
    )
    sandbox.save(force_insert=True)
    with tenant_scope(sandbox):
        create_root_key(tenant=sandbox, at=at)
        provision(at=at)
