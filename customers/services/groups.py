from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record, record_many
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.models import Customer, CustomerGroup


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
    return groups_named([name], by=by, at=at).get(name)


def known_groups(names: Iterable[str]) -> dict[str, CustomerGroup]:
    """Return those of these groups that are there, by name; one query, none for no names."""
    wanted = {name for name in names if name}
    return {group.name: group for group in CustomerGroup.objects.filter(name__in=wanted)} if wanted else {}


def groups_named(names: Iterable[str], *, by: User | ApiKey | None, at: datetime) -> dict[str, CustomerGroup]:
    """Return the groups of these names, made where they are not there yet; a few statements, however many."""
    wanted = {name for name in names if name}
    found = known_groups(wanted)
    missing = sorted(wanted - found.keys())
    return found | _made(missing, by, at) if missing else found


@transaction.atomic
def _made(names: Sequence[str], by: User | ApiKey | None, at: datetime) -> dict[str, CustomerGroup]:
    made = [CustomerGroup(name=name) for name in names]
    # Somebody else may make one of the same name at this moment.
    CustomerGroup.objects.bulk_create(made, ignore_conflicts=True)
    there = known_groups(names)
    new = [group for group in made if there[group.name].pk == group.pk]
    record_many("customer_group.added", new, by=by, at=at, details=lambda group: {"name": group.name})
    return there


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
