"""What people, departments, teams and API keys come to, as the settings show it."""

from collections.abc import Mapping

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.accounts.models import Department, Invitation, Team, User
from core.audit import actions
from core.partners.limits import limit_of_tenant
from core.partners.models import ApiKey
from core.partners.querysets import live
from core.tenancy.scope import current_tenant
from core.web.navigation import Part
from core.web.notices import kinds
from core.web.reading_order import in_reading_order

MOST_NAMES = 12
PEOPLE_PARTS = (
    Part(
        key="people",
        label=gettext_lazy("People who may sign in"),
        changes=gettext_lazy("Who works here, in which role, department and team."),
        url_name="console:people",
        actions=("user.created", "user.updated", "user.deactivated", "user.activated", "user.second_step_reset"),
    ),
    Part(
        key="invitations",
        label=gettext_lazy("Open invitations"),
        changes=gettext_lazy("Who may join by a link that was sent to them."),
        url_name="console:invitations",
        actions=("invitation.sent", "invitation.resent", "invitation.withdrawn"),
    ),
)
ORGANISATION_PARTS = (
    Part(
        key="departments",
        label=gettext_lazy("Departments"),
        changes=gettext_lazy("Who answers for service requests, and how people are sorted."),
        url_name="console:organisation",
        anchor="departments",
        actions=("department.created", "department.updated", "department.closed"),
    ),
    Part(
        key="teams",
        label=gettext_lazy("Teams"),
        changes=gettext_lazy("Among whom follow-ups are shared out."),
        url_name="console:organisation",
        anchor="teams",
        actions=("team.created", "team.updated", "team.closed"),
    ),
)
KEYS_PARTS = (
    Part(
        key="keys",
        label=gettext_lazy("API keys in use"),
        changes=gettext_lazy("Which partners' programs may read and write, and what."),
        url_name="console:keys",
        actions=("key.created", "key.rotated", "key.old_secret_ended", "key.restricted", "key.limited", "key.revoked"),
    ),
    Part(
        key="requests",
        label=gettext_lazy("Requests in a minute"),
        changes=gettext_lazy(
            "How many requests one key, and all keys together, may send; the latter is for the operator to say."
        ),
        url_name="console:keys",
        actions=("api.limited", "key.limited"),
    ),
)


def people_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    facts = User.objects.aggregate(active=Count("pk", filter=Q(is_active=True)))
    invited = Invitation.objects.filter(expires_at__gt=timezone.now()).count()
    return {
        "people": ngettext("%(count)s person", "%(count)s people", facts["active"]) % {"count": facts["active"]},
        "invitations": ngettext("%(count)s invitation", "%(count)s invitations", invited) % {"count": invited},
    }


def organisation_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    departments = Department.objects.open().order_by("name").values_list("name", flat=True)
    teams = Team.objects.open().order_by("name").values_list("name", flat=True)
    return {
        "departments": names_in_words(in_reading_order(departments)),
        "teams": names_in_words(in_reading_order(teams)),
    }


def keys_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    names = live(ApiKey.objects.all(), at=timezone.now()).order_by("name").values_list("name", flat=True)
    limits = {"each": settings.API_REQUESTS_PER_KEY, "all": limit_of_tenant(current_tenant())}
    return {
        "keys": names_in_words(list(names)),
        "requests": _("%(each)s each unless a key has its own, %(all)s together") % limits,
    }


def names_in_words(names: list[str]) -> str:
    """Return the first dozen names, and that there are more."""
    more = ["…"] if len(names) > MOST_NAMES else []
    return _(", ").join([*names[:MOST_NAMES], *more]) or _("None")


def changed_words() -> Mapping[str, str | Promise]:
    """Return what settings are called that the trail names as changed: fields, and kinds of notices."""
    return {**actions.fields(), **{kind.name: kind.label for kind in kinds()}}
