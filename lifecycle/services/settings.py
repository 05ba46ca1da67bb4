"""Where leads come from and what that costs, why they are lost, and what is done in each stage."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from core.accounts.models import Team, User
from core.audit.services import record
from core.tenancy.clock import local_date, months_after
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.scope import current_tenant
from customers.enums import Stage
from lifecycle.enums import ForWhom
from lifecycle.models import LeadSource, LostReason, PlaybookStep, SourceCost
from lifecycle.turns import wait_for_settings

MOST = 50
MOST_STEPS = 10
MOST_DUE_DAYS = 365
# What stands in the address of the public form: fit for it as it is.
SOURCE_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
Named = TypeVar("Named", LeadSource, LostReason)
FIRST_SOURCES = (
    (LeadSource.FORM, _("Form on the web")),
    ("", _("Recommendation")),
    ("", _("Cold call")),
    ("", _("Exhibition")),
    ("", _("Advertisement")),
)
FIRST_REASONS = (
    _("Too expensive"),
    _("Ships with a competitor"),
    _("No need at present"),
    _("Not to be reached"),
    _("Outside of our area"),
    pgettext_lazy("why a lead is lost", "The same as another one"),
)


class TooMany(DomainError):
    code = "too_many"
    message = format_lazy(_("There are at most {most}, those that were retired included."), most=MOST)


class EntryChanged(RecordChanged):
    code = "entry_changed"
    message = _("Somebody else changed this in the meantime. Load the page again to see it.")


class FormSourceNeeded(DomainError):
    code = "form_source_needed"
    message = _("What comes by the public form needs its source.")


class BadSourceKey(DomainError):
    code = "bad_source_key"
    message = _("Use small letters, digits and hyphens only, at most forty, no hyphen first.")


class SourceKeyTaken(DomainError):
    code = "source_key_taken"
    message = _("Another source has this word.")


class TooManySteps(DomainError):
    code = "too_many_steps"
    message = format_lazy(_("A stage has at most {most} steps."), most=MOST_STEPS)


class WhoMissing(DomainError):
    code = "who_missing"
    message = _("Choose the team or the role.")


def create_first_choices(*, at: datetime) -> None:
    """Give the active tenant, a new one, sources and reasons that every courier has."""
    LeadSource.objects.bulk_create(LeadSource(key=key, **_in_both(name)) for key, name in FIRST_SOURCES)
    LostReason.objects.bulk_create(LostReason(**_in_both(name)) for name in FIRST_REASONS)


def _in_both(name: Any) -> dict[str, str]:
    said = {}
    for suffix, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            said[f"name_{suffix}"] = str(name)
    return said


@transaction.atomic
def add_source(
    *, name_zh: str, name_en: str, key: str = "", amount: Decimal | None, from_month: date, by: User, at: datetime
) -> LeadSource:
    """Add a source, with what it costs a month from a month on; by its `key` the public form knows it.

    Raises TooMany, BadSourceKey or SourceKeyTaken.
    """
    wait_for_settings()
    _check_key(key)
    source = _add(LeadSource, name_zh=name_zh, name_en=name_en, key=key)
    _set_cost(source, amount, from_month)
    record("lead_source.added", subject=source, by=by, at=at)
    return source


@transaction.atomic
def update_source(
    *,
    source: LeadSource,
    version: int,
    name_zh: str,
    name_en: str,
    key: str | None = None,
    amount: Decimal | None,
    from_month: date,
    by: User,
    at: datetime,
) -> LeadSource:
    """Change what a source is called, and what it costs a month from a month on; no amount leaves what it costs.

    The key of the form's own source stays, and that of others where none is given. Raises EntryChanged, BadSourceKey
    or SourceKeyTaken.
    """
    wait_for_settings()
    source = _held(source, version)
    source.name_zh, source.name_en = name_zh, name_en
    if key is not None and source.key != LeadSource.FORM:
        _check_key(key, of=source)
        source.key = key
    is_new_cost = _set_cost(source, amount, from_month)
    if not (is_new_cost or source.differs_in(["name_zh", "name_en", "key"])):
        return source
    details = {"from_month": from_month.isoformat(), "monthly_cost": str(amount)} if is_new_cost else {}
    return _kept(source, "lead_source.changed", details=details, by=by, at=at)


@transaction.atomic
def set_source_use(*, source: LeadSource, is_active: bool, by: User, at: datetime) -> LeadSource:
    """Retire a source, or take it up again; leads that came by it keep it. Raises FormSourceNeeded.

    One that is retired costs nothing from the next month on.
    """
    if source.key == LeadSource.FORM and not is_active:
        raise FormSourceNeeded
    if not is_active and source.costs.exists():
        next_month = months_after(local_date(at, current_tenant().time_zone).replace(day=1), 1)
        _set_cost(source, Decimal(0), next_month)
    return _set_use(source, "lead_source", is_active=is_active, by=by, at=at)


@transaction.atomic
def add_reason(*, name_zh: str, name_en: str, by: User, at: datetime) -> LostReason:
    """Add a reason for which leads are lost. Raises TooMany."""
    reason = _add(LostReason, name_zh=name_zh, name_en=name_en)
    record("lost_reason.added", subject=reason, by=by, at=at)
    return reason


@transaction.atomic
def update_reason(
    *, reason: LostReason, version: int, name_zh: str, name_en: str, by: User, at: datetime
) -> LostReason:
    """Change what a reason is called. Raises EntryChanged."""
    reason = _held(reason, version)
    reason.name_zh, reason.name_en = name_zh, name_en
    if not reason.differs_in(["name_zh", "name_en"]):
        return reason
    return _kept(reason, "lost_reason.changed", by=by, at=at)


@transaction.atomic
def set_reason_use(*, reason: LostReason, is_active: bool, by: User, at: datetime) -> LostReason:
    """Retire a reason, or take it up again; leads that were lost for it keep it."""
    return _set_use(reason, "lost_reason", is_active=is_active, by=by, at=at)


@transaction.atomic
def add_step(*, facts: dict[str, Any], by: User, at: datetime) -> PlaybookStep:
    """Add a step to the playbook of a stage. Raises TooManySteps or WhoMissing."""
    wait_for_settings()
    if PlaybookStep.objects.filter(stage=facts["stage"]).count() >= MOST_STEPS:
        raise TooManySteps
    step = PlaybookStep(**_of_step(**facts))
    step.save(force_insert=True)
    record("playbook_step.added", subject=step, by=by, at=at, details={"stage": step.stage})
    return step


@transaction.atomic
def update_step(*, step: PlaybookStep, version: int, facts: dict[str, Any], by: User, at: datetime) -> PlaybookStep:
    """Change a step, for who comes into the stage from now on. Raises EntryChanged, TooManySteps or WhoMissing."""
    wait_for_settings()
    step = _held(step, version)
    others = PlaybookStep.objects.filter(stage=facts["stage"]).exclude(pk=step.pk)
    if others.count() >= MOST_STEPS:
        raise TooManySteps
    given = _of_step(**facts)
    for name, value in given.items():
        setattr(step, name, value)
    return _kept(step, "playbook_step.changed", by=by, at=at) if step.differs_in(list(given)) else step


@transaction.atomic
def remove_step(*, step: PlaybookStep, by: User, at: datetime) -> None:
    """Take a step out of its playbook; follow-ups that it has opened stay."""
    step = PlaybookStep.objects.select_for_update(of=("self",)).filter(pk=step.pk).first()
    if step is not None:
        record("playbook_step.removed", of=step, by=by, at=at, details={"stage": step.stage})
        step.delete()


def _of_step(
    *, stage: str, kind: str, words: str, due_days: int, for_whom: str, team: Team | None, role: str, tier: str
) -> dict[str, Any]:
    if (for_whom == ForWhom.TEAM and team is None) or (for_whom == ForWhom.ROLE and not role):
        raise WhoMissing
    return {
        "stage": Stage(stage),
        "kind": kind,
        "words": words.strip(),
        "due_days": due_days,
        "for_whom": ForWhom(for_whom),
        "team": team if for_whom == ForWhom.TEAM else None,
        "role": role if for_whom == ForWhom.ROLE else "",
        "tier": tier,
    }


def _add(model: type[Named], **names: str) -> Named:
    wait_for_settings()
    if model.objects.count() >= MOST:
        raise TooMany
    row = model(**names)
    row.save(force_insert=True)
    return row


def _check_key(key: str, *, of: LeadSource | None = None) -> None:
    if key and not SOURCE_KEY.fullmatch(key):
        raise BadSourceKey
    if key and LeadSource.objects.filter(key=key).exclude(pk=of and of.pk).exists():
        raise SourceKeyTaken


def _set_cost(source: LeadSource, amount: Decimal | None, from_month: date) -> bool:
    """Say what a source costs from a month on; tell whether that is new."""
    if amount is None:
        return False
    month = from_month.replace(day=1)
    held = source.costs.filter(from_month__lte=month).order_by("-from_month").first()
    if held is not None and held.amount == amount:
        return False
    SourceCost.objects.update_or_create(source=source, from_month=month, defaults={"amount": amount})
    return True


def _held(row: Any, version: int) -> Any:
    stored = type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if stored is None or stored.version != version:
        raise EntryChanged
    return stored


def _set_use(row: Named, what: str, *, is_active: bool, by: User, at: datetime) -> Named:
    row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.is_active == is_active:
        return row
    row.is_active = is_active
    return _kept(row, f"{what}.revived" if is_active else f"{what}.retired", by=by, at=at)


def _kept(row: Any, action: str, *, details: dict[str, Any] | None = None, by: User, at: datetime) -> Any:
    row.version += 1
    row.save()
    record(action, subject=row, by=by, at=at, details=details)
    return row
