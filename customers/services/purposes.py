"""The register of what customers are contacted for."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.models import Tenant
from core.tenancy.scope import required_tenant_id
from customers.enums import Channel, PurposeBasis
from customers.models import Purpose, PurposeText

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST = 30
# Those that every tenant begins with, by their keys; other rooms ask for them by these.
SERVICE, SATISFACTION, MARKETING, CARE = "service", "satisfaction", "marketing", "care"
BEHAVIOUR = "behaviour"
REMOTE = [Channel.PHONE, Channel.SMS, Channel.EMAIL, Channel.WECHAT]
FIRST: dict[str, tuple[PurposeBasis, list[Channel], Any, Any]] = {
    SERVICE: (
        PurposeBasis.CONTRACT,
        [*REMOTE, Channel.VISIT],
        _("Carrying out your shipments"),
        _(
            "We use your contact data to pick up, carry and deliver your shipments, to tell you where they are, and to"
            " answer your requests and complaints."
        ),
    ),
    SATISFACTION: (
        PurposeBasis.INTEREST,
        REMOTE,
        _("Asking how satisfied you are"),
        _("After a delivery or a complaint we may ask how satisfied you were, to make our service better."),
    ),
    MARKETING: (
        PurposeBasis.CONSENT,
        [*REMOTE, Channel.VISIT],
        _("Offers and news"),
        _(
            "With your consent we tell you of offers, discounts and new services. You may withdraw it at any time, as"
            " easily as you gave it."
        ),
    ),
    CARE: (
        PurposeBasis.CONSENT,
        REMOTE,
        _("Greetings on birthdays and holidays"),
        _("With your consent we use your birthday and contact data to send you greetings and small gifts."),
    ),
    BEHAVIOUR: (
        PurposeBasis.CONSENT,
        [Channel.ONLINE],
        _("What you look for on our web page and in our app"),
        _(
            "With your consent we keep for twelve months when you visit our web page or open our app, which prices you"
            " ask for and which orders you leave unfinished, to offer you what fits. Withdraw it at any time, and we"
            " delete it at once."
        ),
    ),
}


class PurposeKeyTaken(DomainError):
    code = "purpose_key_taken"
    message = _("There is a purpose with this key already.")


class BadPurposeKey(DomainError):
    code = "bad_purpose_key"
    message = _("Small letters a to z, digits and underscores, a letter first, at most 40.")


class TooManyPurposes(DomainError):
    code = "too_many_purposes"
    message = format_lazy(_("There are at most {most} purposes, those that were retired included."), most=MOST)


class PurposeChanged(DomainError):
    code = "purpose_changed"
    message = _("Somebody else changed this purpose in the meantime. Load the page again to see it.")


def create_first_purposes(*, at: datetime) -> None:
    """Give the active tenant, a new one, the purposes that a courier has."""
    purposes, texts = [], []
    for place, (key, (basis, channels, name, text)) in enumerate(FIRST.items(), start=1):
        said = {}
        for suffix, language in (("zh", "zh-hans"), ("en", "en")):
            with override(language):
                said[suffix] = (str(name), str(text))
        purpose = Purpose(
            key=key,
            name_zh=said["zh"][0],
            name_en=said["en"][0],
            basis=basis,
            channels=list(channels),
            order=10 * place,
        )
        purposes.append(purpose)
        texts.append(PurposeText(purpose=purpose, text_zh=said["zh"][1], text_en=said["en"][1], written_at=at))
    Purpose.objects.bulk_create(purposes)
    PurposeText.objects.bulk_create(texts)


@transaction.atomic
def add_purpose(
    *,
    key: str,
    name_zh: str,
    name_en: str,
    basis: str,
    channels: Collection[str],
    text_zh: str,
    text_en: str,
    lapses_after_months: int | None = None,
    order: int = 100,
    by: User,
    at: datetime,
) -> Purpose:
    """Add something that customers may be contacted for. Raises BadPurposeKey, PurposeKeyTaken or TooManyPurposes."""
    if not KEY.fullmatch(key):
        raise BadPurposeKey
    # Two at once would both count one too few.
    Tenant.objects.select_for_update(no_key=True).get(pk=required_tenant_id())
    if Purpose.objects.count() >= MOST:
        raise TooManyPurposes
    purpose = Purpose(
        key=key,
        name_zh=name_zh,
        name_en=name_en,
        basis=basis,
        channels=list(channels),
        lapses_after_months=lapses_after_months if basis == PurposeBasis.CONSENT else None,
        order=order,
    )
    try:
        with transaction.atomic():
            purpose.save(force_insert=True)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "purpose_key":
            raise
        raise PurposeKeyTaken from error
    PurposeText.objects.create(purpose=purpose, text_zh=text_zh, text_en=text_en, written_at=at, written_by=by)
    record("purpose.added", subject=purpose, by=by, at=at, details={"purpose": key})
    return purpose


@transaction.atomic
def update_purpose(
    *,
    purpose: Purpose,
    version: int,
    name_zh: str,
    name_en: str,
    channels: Collection[str],
    text_zh: str,
    text_en: str,
    asks_anew: bool,
    lapses_after_months: int | None = None,
    order: int,
    by: User,
    at: datetime,
) -> Purpose:
    """Change a purpose; key and basis stay, because consents hang on them. A text that differs is its next version.

    With `asks_anew` consents to earlier texts hold no longer. `version` is the one that the caller read. Raises
    PurposeChanged if there is a newer one.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if purpose.version != version:
        raise PurposeChanged
    purpose.name_zh, purpose.name_en = name_zh, name_en
    purpose.channels = list(channels)
    purpose.order = order
    purpose.lapses_after_months = lapses_after_months if purpose.basis == PurposeBasis.CONSENT else None
    newest = newest_text(purpose)
    if (newest.text_zh, newest.text_en) != (text_zh, text_en):
        purpose.text_version += 1
        PurposeText.objects.create(
            purpose=purpose,
            version=purpose.text_version,
            text_zh=text_zh,
            text_en=text_en,
            written_at=at,
            written_by=by,
        )
        if asks_anew and purpose.basis == PurposeBasis.CONSENT:
            purpose.valid_from = purpose.text_version
    purpose.version += 1
    purpose.save()
    record("purpose.updated", subject=purpose, by=by, at=at)
    return purpose


@transaction.atomic
def retire_purpose(*, purpose: Purpose, by: User, at: datetime) -> None:
    """Let nobody be contacted for it any more; what was said to it stays. Does nothing where it is retired."""
    _switch(purpose, "purpose.retired", is_active=False, by=by, at=at)


@transaction.atomic
def revive_purpose(*, purpose: Purpose, by: User, at: datetime) -> None:
    """Take a retired purpose up again, with what was said to it. Does nothing where it is in use."""
    _switch(purpose, "purpose.revived", is_active=True, by=by, at=at)


def newest_text(purpose: Purpose) -> PurposeText:
    return PurposeText.objects.get(purpose=purpose, version=purpose.text_version)


def _switch(purpose: Purpose, action: str, *, is_active: bool, by: User, at: datetime) -> None:
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if purpose.is_active == is_active:
        return
    purpose.is_active = is_active
    purpose.version += 1
    purpose.save(update_fields=["is_active", "version"])
    record(action, subject=purpose, by=by, at=at, details={"purpose": purpose.key})
