"""How the trail names the foundation's own records, and where they are."""

import uuid
from collections.abc import Callable, Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.models import Department, Invitation, Team, User
from core.crypto.fields import readable
from core.events.models import EventDelivery
from core.jobs.models import BackgroundJob, JobRun
from core.partners.models import ApiKey
from core.tenancy.models import Tenant, TenantModel
from core.web.models import SavedView

Described = dict[uuid.UUID, tuple[str, str]]


def describe_company(ids: Collection[uuid.UUID]) -> Described:
    tenants = Tenant.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("console:company")) for pk, name in tenants}


def describe_people(ids: Collection[uuid.UUID]) -> Described:
    people = User.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("console:update_user", args=[pk])) for pk, name in people}


def describe_keys(ids: Collection[uuid.UUID]) -> Described:
    keys = ApiKey.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: (name, reverse("console:key", args=[pk])) for pk, name in keys}


def describe_invitations(ids: Collection[uuid.UUID]) -> Described:
    """Say that it is one: whom it was sent to is personal."""
    invitations = Invitation.objects.filter(pk__in=ids).values_list("pk", flat=True)
    return dict.fromkeys(invitations, (_("Invitation"), reverse("console:invitations")))


def describe_jobs(ids: Collection[uuid.UUID]) -> Described:
    """Give titles and no address: the page of a job is for its owner alone."""
    jobs = BackgroundJob.objects.filter(pk__in=ids).only("tenant", "title")
    return {job.pk: (readable(job, "title") or "", "") for job in jobs}


def describe_runs(ids: Collection[uuid.UUID]) -> Described:
    runs = JobRun.objects.filter(pk__in=ids).values_list("pk", "job", "business_date")
    return {pk: (f"{job} {day}", reverse("console:jobs")) for pk, job, day in runs}


def describe_views(ids: Collection[uuid.UUID]) -> Described:
    """Name the shared ones only: another's own may be called after a person."""
    views = SavedView.objects.filter(pk__in=ids).only("name", "is_shared")
    return {view.pk: (view.name if view.is_shared else _("Somebody's own view"), "") for view in views}


def by_name(model: type[TenantModel], *, page: str, name: str = "name") -> Callable[[Collection[uuid.UUID]], Described]:
    """Return what names the rows of a model by a field, all on one page."""

    def describe(ids: Collection[uuid.UUID]) -> Described:
        return {pk: (text, reverse(page)) for pk, text in model.objects.filter(pk__in=ids).values_list("pk", name)}

    return describe


describe_departments = by_name(Department, page="console:organisation")
describe_teams = by_name(Team, page="console:organisation")
describe_deliveries = by_name(EventDelivery, page="console:events", name="receiver")
