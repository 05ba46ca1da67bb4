"""How the trail names the rules of portfolios."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from portfolios.models import PortfolioPolicy


def describe_policies(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    policies = PortfolioPolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    page = reverse("portfolios:policy")
    return {pk: (_("Version %(version)s") % {"version": version}, page) for pk, version in policies}
