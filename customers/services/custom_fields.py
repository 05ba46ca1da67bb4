from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import required_tenant_id
from customers.custom_fields import KEY, MAX_CHOICE_LENGTH, MAX_CHOICES, MAX_FIELDS, MAX_FILTERED
from customers.enums import CustomFieldKind
from customers.filtered_values import empty, fill, take_turn
from customers.models import ChangedCustomer, Customer, CustomField

# What is found in whoever has a value is the same, whether the field is required or not.
JUDGE_THOSE_WITHOUT = f"""
    insert into {ChangedCustomer._meta.db_table} (tenant_id, customer_id, transaction)
    select tenant_id, id, pg_current_xact_id()::text::bigint from {Customer._meta.db_table}
    where tenant_id = %s and merged_into_id is null and erased_at is null and not custom_values ? %s
    on conflict do nothing"""  # noqa: S608  names of our own tables


class CustomFieldKeyTaken(DomainError):
    code = "custom_field_key_taken"
    message = _("There is a field with this key already.")


class BadCustomFieldKey(DomainError):
    code = "bad_custom_field_key"
    message = _("Small letters a to z, digits and underscores, a letter first, at most 40.")


class BadCustomFieldChoices(DomainError):
    code = "bad_custom_field_choices"
    message = format_lazy(
        _("A choice needs 1 to {most} options of up to {letters} letters each."),
        most=MAX_CHOICES,
        letters=MAX_CHOICE_LENGTH,
    )


class CustomFieldRetired(DomainError):
    code = "custom_field_retired"
    message = _("Somebody else has already retired this field.")


class CustomFieldInUse(DomainError):
    code = "custom_field_in_use"
    message = _("Somebody else has already taken this field up again.")


class TooManyCustomFields(DomainError):
    code = "too_many_custom_fields"
    message = format_lazy(_("There are at most {most} fields, those that were retired included."), most=MAX_FIELDS)


class TooManyFilteredFields(DomainError):
    code = "too_many_filtered_fields"
    message = format_lazy(
        _("At most {most} fields are offered as filters, those that were retired included."), most=MAX_FILTERED
    )


@transaction.atomic
def add_custom_field(
    *,
    key: str,
    label: str,
    kind: str,
    choices: Sequence[str] = (),
    order: int = 100,
    is_required: bool = False,
    is_filtered: bool = False,
    by: User,
    at: datetime,
) -> CustomField:
    """Keep one more fact of every customer. Where it is required, those who are there already are to be mended.

    Raises BadCustomFieldKey, BadCustomFieldChoices, CustomFieldKeyTaken, TooManyCustomFields or TooManyFilteredFields.
    """
    if not KEY.fullmatch(key):
        raise BadCustomFieldKey
    # Two at once would both count one too few.
    Tenant.objects.select_for_update(no_key=True).get(pk=required_tenant_id())
    if CustomField.objects.count() >= MAX_FIELDS:
        raise TooManyCustomFields
    field = CustomField(
        key=key,
        label=label,
        kind=kind,
        choices=_checked(kind, choices),
        order=order,
        is_required=is_required,
        is_filtered=is_filtered,
    )
    if is_filtered:
        # No customer has a value yet.
        _make_way(field)
    try:
        with transaction.atomic():
            field.save(force_insert=True)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "custom_field_key":
            raise
        raise CustomFieldKeyTaken from error
    if is_required:
        _judge_those_without(field)
    record("custom_field.added", subject=field, by=by, at=at, details={"label": label})
    return field


@transaction.atomic
def update_custom_field(
    *,
    field: CustomField,
    label: str,
    choices: Sequence[str] = (),
    order: int,
    is_required: bool = False,
    is_filtered: bool = False,
    by: User,
    at: datetime,
) -> CustomField:
    """Change how a field is shown, what may be chosen, whether it is required and whether lists are filtered by it.

    Key and kind stay, because values hang on them. A customer keeps an option that is no longer offered.
    Values to filter by are put beside all customers, or taken away, at once. Raises BadCustomFieldChoices or
    TooManyFilteredFields.
    """
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    if is_filtered != field.is_filtered:
        _filter_by(field, is_filtered=is_filtered)
    field.label = label
    field.choices = _checked(field.kind, choices)
    field.order = order
    was_required, field.is_required = field.is_required, is_required
    field.save(update_fields=["label", "choices", "order", "is_required", "is_filtered"])
    if field.is_active and is_required != was_required:
        _judge_those_without(field)
    record("custom_field.updated", subject=field, by=by, at=at)
    return field


@transaction.atomic
def retire_custom_field(*, field: CustomField, by: User, at: datetime) -> None:
    """Show a field no longer; the values stay stored. Raises CustomFieldRetired."""
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    if not field.is_active:
        raise CustomFieldRetired
    field.is_active = False
    field.save(update_fields=["is_active"])
    if field.is_required:
        _judge_those_without(field)
    record("custom_field.retired", subject=field, by=by, at=at, details={"label": field.label})


@transaction.atomic
def revive_custom_field(*, field: CustomField, by: User, at: datetime) -> None:
    """Show a retired field again, with the values it had. Raises CustomFieldInUse."""
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    if field.is_active:
        raise CustomFieldInUse
    field.is_active = True
    field.save(update_fields=["is_active"])
    if field.is_required:
        _judge_those_without(field)
    record("custom_field.revived", subject=field, by=by, at=at, details={"label": field.label})


def _make_way(field: CustomField) -> None:
    """Wait for the turn, so that nobody counts or writes meanwhile. Raises TooManyFilteredFields."""
    take_turn(field)
    if CustomField.objects.filter(is_filtered=True).count() >= MAX_FILTERED:
        raise TooManyFilteredFields


def _filter_by(field: CustomField, *, is_filtered: bool) -> None:
    if is_filtered:
        _make_way(field)
        fill(field)
    else:
        take_turn(field)
        empty(field)
    field.is_filtered = is_filtered


def _judge_those_without(field: CustomField) -> None:
    with connection.cursor() as cursor:
        cursor.execute(JUDGE_THOSE_WITHOUT, [field.tenant_id, field.key])


def _checked(kind: str, choices: Sequence[str]) -> list[str]:
    if kind != CustomFieldKind.CHOICE:
        return []
    options = list(dict.fromkeys(option for choice in choices if (option := choice.strip())))
    if not 1 <= len(options) <= MAX_CHOICES or any(len(option) > MAX_CHOICE_LENGTH for option in options):
        raise BadCustomFieldChoices
    return options
