from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.tenancy.errors import DomainError, RecordChanged
from customers.custom_fields import check_kept, check_new, checked_values
from customers.enums import HandoverReason
from customers.happenings import publish_update
from customers.models import Customer, CustomField
from customers.numbers import clean_number
from customers.querysets import active_fields
from customers.search_index import index_customers, index_opened
from customers.services.groups import group_named
from customers.services.locking import lock_with_referrer, share_referrer
from customers.services.numbering import next_number
from customers.services.referrers import find_referrer
from customers.services.terms import Handover, begin_terms, check_keeps_manager, note_handovers


class CustomerNumberTaken(DomainError):
    code = "customer_number_taken"
    message = _("There is already a customer with this number.")


class CustomerChanged(RecordChanged):
    code = "customer_changed"
    message = _("Somebody else changed this customer in the meantime.")


@transaction.atomic
def create_customer(
    *,
    number: str = "",
    kind: str,
    company_name: str = "",
    person_name: str = "",
    industry: str = "",
    region: str = "",
    source: str = "",
    tags: Sequence[str] = (),
    special_needs: str = "",
    birthday: str = "",
    preferred_channel: str = "",
    preferred_language: str = "",
    account_manager: User | None = None,
    group: str = "",
    referrer: str = "",
    custom_values: Mapping[str, Any] | None = None,
    may_lack_required: bool = False,
    by: User | None = None,
    at: datetime,
) -> Customer:
    """Open the archive of a customer; `custom_values` are by the keys of the tenant's own fields.

    Without a number it gets the next of ours.
    `group` is the name of one, which is made where there is none yet, `referrer` the number of who brought this one.
    What is required of them has to be there, unless this one `may_lack_required`, as a lead, of whom a name is known
    and little else. Whom a shipment tells of is opened by `customers.opening`, which asks for nothing.
    Raises BadNumber, CustomerNumberTaken, BadReferrer, BadCustomValue or RequiredValueMissing.
    """
    given = clean_number(number)
    fields = list(active_fields())
    values = _merged({}, custom_values, fields)
    if not may_lack_required:
        check_new(values, fields=fields)
    customer = Customer(
        number=given or next_number(),
        kind=kind,
        company_name=company_name,
        person_name=person_name or None,
        industry=industry,
        region=region,
        source=source,
        tags=list(tags),
        special_needs=special_needs or None,
        birthday=birthday or None,
        preferred_channel=preferred_channel,
        preferred_language=preferred_language,
        account_manager=account_manager,
        custom_values=values,
        created_at=at,
    )
    if referrer:
        share_referrer(referrer)
        customer.referrer_id = find_referrer(referrer, of=customer)
    customer.group = group_named(group, by=by, at=at)
    _insert(customer, takes_next=not given)
    index_opened(customer)
    begin_terms([(customer.pk, customer.account_manager_id)], reason=HandoverReason.OPENED, at=at)
    record("customer.created", subject=customer, by=by, at=at, details={"number": customer.number})
    publish("customer.created", subject_id=customer.pk, payload={"number": customer.number}, at=at)
    return customer


def _insert(customer: Customer, *, takes_next: bool) -> None:
    """Write a new customer; one that takes our next number does so again where somebody just took it by hand."""
    while True:
        try:
            with transaction.atomic():
                customer.save(force_insert=True)
        except IntegrityError as error:
            if _constraint(error) != "customer_number":
                raise
            if not takes_next:
                raise CustomerNumberTaken from error
            customer.number = next_number()
        else:
            return


@transaction.atomic
def update_customer(
    *,
    customer: Customer,
    version: int,
    kind: str,
    company_name: str,
    industry: str,
    region: str,
    source: str,
    tags: Sequence[str],
    preferred_channel: str,
    preferred_language: str,
    account_manager: User | None,
    person_name: str = "",
    special_needs: str = "",
    birthday: str = "",
    group: str | None = None,
    referrer: str | None = None,
    custom_values: Mapping[str, Any] | None = None,
    remove: Collection[str] = (),
    by: User | None = None,
    at: datetime,
) -> Customer:
    """Change the facts of a customer; an empty personal field keeps what is stored, unless `remove` names it.

    Custom values, group and referrer that are not given stay; an empty one is removed. `version` is the one that the
    caller read. Where nothing differs, nothing is written. Another account manager is a handover, with all that follows
    from one. Raises CustomerChanged if there is a newer one, NeedsManager, BadReferrer, BadCustomValue, or
    RequiredValueMissing where one would be emptied.
    """
    customer = lock_with_referrer(customer.pk, number=referrer or "")
    if customer.version != version:
        raise CustomerChanged
    check_keeps_manager(customer, account_manager)

    former_id = customer.account_manager_id
    customer.kind = kind
    customer.company_name = company_name
    customer.industry = industry
    customer.region = region
    customer.source = source
    customer.tags = list(tags)
    customer.preferred_channel = preferred_channel
    customer.preferred_language = preferred_language
    customer.account_manager = account_manager
    if referrer is not None:
        customer.referrer_id = find_referrer(referrer, of=customer)
    if group is not None:
        customer.group = group_named(group, by=by, at=at)
    if custom_values:
        fields, stored = list(active_fields()), customer.custom_values
        customer.custom_values = _merged(stored, custom_values, fields)
        check_kept(customer.custom_values, fields=fields, stored=stored)
    changed = [
        "kind",
        "company_name",
        "industry",
        "region",
        "source",
        "tags",
        "preferred_channel",
        "preferred_language",
        "account_manager",
        "group",
        "referrer",
        "custom_values",
    ]
    personal = {"person_name": person_name, "special_needs": special_needs, "birthday": birthday}
    for name, value in personal.items():
        if value or name in remove:
            setattr(customer, name, value or None)
            changed.append(name)
    if not customer.differs_in(changed):
        return customer
    customer.version += 1
    customer.save(update_fields=[*changed, "version"])
    index_customers([customer.pk])
    trace = record("customer.updated", subject=customer, by=by, at=at)
    publish_update(customer, changed=sorted(trace.changes), at=at)
    note_handovers([Handover(customer, former_id)], reason=HandoverReason.EDITED, by=by, at=at)
    return customer


def _merged(
    stored: Mapping[str, str], given: Mapping[str, Any] | None, fields: Sequence[CustomField]
) -> dict[str, str]:
    checked = checked_values(given or {}, fields=fields, stored=stored)
    return {key: value for key, value in {**stored, **checked}.items() if value}


def _constraint(error: IntegrityError) -> str | None:
    return error.__cause__.diag.constraint_name
