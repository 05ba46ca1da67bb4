import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record, record_many
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id
from customers.models import Customer, CustomerGroup

# Whoever puts a customer into a group keeps it from being deleted meanwhile, and others from nothing.
HOLD = "select * from customers_customergroup where tenant_id = %s and name = any(%s) order by id for key share"


class GroupNameTaken(DomainError):
    code = "group_name_taken"
    message = _("There is a group of this name already.")


class GroupInUse(DomainError):
    code = "group_in_use"
    message = _("There are customers in this group, so it stays. Take them out of it first.")


class GroupGone(DomainError):
    code = "group_gone"
    message = _("Somebody else has already deleted this group.")


def group_named(name: str, *, by: User | ApiKey | None, at: datetime) -> CustomerGroup | None:
    """Return the group of a name, made where there is none yet; None for no name."""
    if not name:
        return None
    return held_groups([name]).get(name) or make_groups([CustomerGroup(name=name)], by=by, at=at)[name]


def known_groups(names: Iterable[str]) -> dict[str, CustomerGroup]:
    """Return those of these groups that are there, by name; one query, none for no names."""
    wanted = {name for name in names if name}
    return {group.name: group for group in CustomerGroup.objects.filter(name__in=wanted)} if wanted else {}


def held_groups(names: Iterable[str]) -> dict[str, CustomerGroup]:
    """Return the same, to be deleted by nobody until the end of the transaction."""
    wanted = sorted({name for name in names if name})
    found = CustomerGroup.objects.raw(HOLD, [required_tenant_id(), wanted]) if wanted else ()
    return {group.name: group for group in found}


@transaction.atomic
def make_groups(groups: Sequence[CustomerGroup], *, by: User | ApiKey | None, at: datetime) -> dict[str, CustomerGroup]:
    """Make these groups, and return those that stand, by name: of one name somebody else may make one at this moment.

    A few statements, however many.
    """
    CustomerGroup.objects.bulk_create(groups, ignore_conflicts=True)
    there = held_groups(group.name for group in groups)
    new = [group for group in groups if there[group.name].pk == group.pk]
    record_many("customer_group.added", new, by=by, at=at, details=lambda group: {"name": group.name})
    return there


def remove_unused_groups(made: Iterable[Sequence[str]], *, by: User, at: datetime) -> None:
    """Delete the groups of these ids and names that nobody is in, unless somebody renamed them; none for no groups."""
    names = {uuid.UUID(group_id): name for group_id, name in made}
    if not names:
        return
    found = CustomerGroup.objects.select_for_update(of=("self",)).filter(pk__in=names).order_by("pk")
    held = [group for group in found if group.name == names[group.pk]]
    used = set(Customer.with_merged.filter(group__in=held).values_list("group", flat=True).distinct())
    unused = [group for group in held if group.pk not in used]
    record_many("customer_group.deleted", unused, by=by, at=at, details=lambda group: {"name": group.name})
    CustomerGroup.objects.filter(pk__in=[group.pk for group in unused]).delete()


@transaction.atomic
def rename_group(*, group: CustomerGroup, name: str, by: User, at: datetime) -> CustomerGroup:
    """Call a group by another name, for all its customers. Raises GroupNameTaken or GroupGone."""
    group = _lock(group)
    group.name = name
    if not group.differs_in(["name"]):
        return group
    try:
        with transaction.atomic():
            group.save(update_fields=["name"])
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "customer_group_name":
            raise
        raise GroupNameTaken from error
    record("customer_group.renamed", subject=group, by=by, at=at)
    return group


@transaction.atomic
def delete_group(*, group: CustomerGroup, by: User, at: datetime) -> None:
    """Delete a group that no customer is in any more; those merged into another one leave it. Raises GroupInUse."""
    group = _lock(group)
    if Customer.objects.filter(group=group).exists():
        raise GroupInUse
    record("customer_group.deleted", subject=group, by=by, at=at, details={"name": group.name})
    group.delete()


def _lock(group: CustomerGroup) -> CustomerGroup:
    locked = CustomerGroup.objects.select_for_update(of=("self",)).filter(pk=group.pk).first()
    if locked is None:
        raise GroupGone
    return locked
