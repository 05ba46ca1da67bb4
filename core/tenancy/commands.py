"""How management commands are told for which tenant they work."""

from argparse import ArgumentParser

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from core.tenancy.models import Tenant


def add_tenant_argument(parser: ArgumentParser, *, required: bool = True) -> None:
    """Let a command take `--tenant SLUG`."""
    parser.add_argument("--tenant", required=required, metavar="SLUG", help="the tenant's short name")


def tenant_named(slug: str) -> Tenant:
    """Return the tenant of this short name. Raises CommandError."""
    try:
        return Tenant.objects.get(slug=slug)
    except Tenant.DoesNotExist:
        raise CommandError(_("There is no tenant “%s”.") % slug) from None
