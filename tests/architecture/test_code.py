"""What the house style forbids and a linter does not know, found in the source and in the models."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from core.tenancy.fields import MoneyField

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "core",
    "customers",
    "documents",
    "shipments",
    "behaviour",
    "service_requests",
    "service_plans",
    "development",
    "tiering",
    "portfolios",
    "lifecycle",
    "courier_crm",
)
# Where rows are read past the filter of the active tenant, each file with the reason.
PAST_THE_FILTER = {
    "core/accounts/selectors.py": "the token of an invitation tells whose it is, before the tenant is known",
    "core/audit/erasures.py": "the log of erasures is exported for all tenants, by an operator of the platform",
    "core/audit/sealing.py": "which tenants have events to seal is asked before any of them is entered",
    "core/partners/selectors.py": "a key is looked up before its tenant is entered, which may be a sandbox's neighbour",
    "core/partners/services.py": "when a key was last used is noted before its tenant is entered",
    "core/partners/views.py": "the description of the API is made without a tenant, of no rows",
}
# Where any failure is caught, each file with the reason.
ANY_FAILURE = {
    "core/events/dispatching.py": "one receiver's failure is noted with its delivery and must not stop the others",
    "core/jobs/running.py": "a chunk's failure is noted with its job, which is tried again",
    "core/jobs/services.py": "a run's failure is noted with it, and it is tried again",
}
# Classes of models that do more in save() or delete() than Django, each with the reason.
OWN_SAVE = {"core.tenancy.models.TenantModel": "a new row is given to the active tenant, another tenant's is refused"}
MONEY = frozenset(
    field.name for model in apps.get_models() for field in model._meta.local_fields if isinstance(field, MoneyField)
)

Finder = Callable[[ast.AST], bool]


def reads_past_the_filter(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"all_tenants", "_base_manager"}


def catches_any_failure(node: ast.AST) -> bool:
    """Say whether any failure ends here; what cleans up and raises it again lets it pass."""
    if not isinstance(node, ast.ExceptHandler) or ast.unparse(node.body[-1]) == "raise":
        return False
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(each is None or ast.unparse(each) in {"Exception", "BaseException"} for each in caught)


def orders_a_model(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ClassDef)
        and node.name == "Meta"
        and any(
            isinstance(target, ast.Name) and target.id == "ordering"
            for each in node.body
            if isinstance(each, ast.Assign)
            for target in each.targets
        )
    )


def uses_signals(node: ast.AST) -> bool:
    """Django's, and those of apps built on it; Celery's tell of processes, which nothing else does."""
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            imported = [module, *(f"{module}.{each.name}" for each in names)]
        case ast.Import(names=names):
            imported = [each.name for each in names]
        case _:
            return False
    return any(
        name.startswith("django.dispatch") or (name.endswith(".signals") and not name.startswith("celery."))
        for name in imported
    )


def adds_no_money_to_money(node: ast.AST) -> bool:
    """Say whether something that is neither a field nor `money()` is added to, or taken from, an amount in a query."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)):
        return False
    sides = (node.left, node.right)
    return any(map(_is_amount, sides)) and not all(map(_may_meet_an_amount, sides))


def _is_amount(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_amount(node.left) or _is_amount(node.right)
    return (
        _called(node) == "F"
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).rpartition("__")[2] in MONEY
    )


def _may_meet_an_amount(node: ast.AST) -> bool:
    return _is_amount(node) or _called(node) in {"F", "OuterRef", "money", "Sum", "Coalesce"}


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def sources() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def is_in(source: str, finder: Finder) -> bool:
    return any(map(finder, ast.walk(ast.parse(source))))


def own_saves(classes: list[type]) -> set[str]:
    """Return our classes that override save() or delete() of a model."""
    return {
        f"{each.__module__}.{each.__qualname__}"
        for model in classes
        for each in model.__mro__
        if not each.__module__.startswith(("django.", "allauth.")) and {"save", "delete"} & set(vars(each))
    }


@pytest.mark.parametrize(
    ("finder", "listed"),
    [
        (reads_past_the_filter, PAST_THE_FILTER),
        (catches_any_failure, ANY_FAILURE),
        (orders_a_model, {}),
        (uses_signals, {}),
        (adds_no_money_to_money, {}),
    ],
)
def test_what_is_forbidden_is_only_where_it_is_listed(finder, listed):
    assert {file for file, source in sources() if is_in(source, finder)} == set(listed)


def test_models_save_as_django_does():
    ours = [model for model in apps.get_models() if model.__module__.startswith(ROOMS)]

    assert own_saves(ours) == set(OWN_SAVE)


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (reads_past_the_filter, "Customer.all_tenants.get(pk=pk)"),
        (reads_past_the_filter, "Customer._base_manager.all()"),
        (catches_any_failure, "try:\n    work()\nexcept Exception:\n    log()"),
        (catches_any_failure, "try:\n    work()\nexcept:\n    log()"),
        (catches_any_failure, "try:\n    work()\nexcept (KeyError, BaseException) as error:\n    log(error)"),
        (orders_a_model, "class Customer:\n    class Meta(TenantModel.Meta):\n        ordering = ['number']"),
        (uses_signals, "from django.db.models.signals import post_save"),
        (uses_signals, "from django.db.models import signals"),
        (uses_signals, "from django.dispatch import receiver"),
        (uses_signals, "import allauth.account.signals"),
        (adds_no_money_to_money, 'rows.update(freight=F("freight") + Decimal("1.50"))'),
        (adds_no_money_to_money, 'rows.update(freight=F("freight") - 1)'),
        (adds_no_money_to_money, 'rows.annotate(more=amount + F("shipment__freight") - F("refunds"))'),
    ],
)
def test_what_is_forbidden_is_found(finder, source):
    assert is_in(source, finder)


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (reads_past_the_filter, "Customer.objects.get(pk=pk)"),
        (catches_any_failure, "try:\n    work()\nexcept KeyError:\n    pass"),
        (catches_any_failure, "try:\n    work()\nexcept BaseException:\n    close()\n    raise"),
        (orders_a_model, "class Customers:\n    ordering = ['number']"),
        (uses_signals, "from celery.signals import worker_init"),
        (uses_signals, "from core.events.registry import receive"),
        (adds_no_money_to_money, 'F("freight") + F("surcharges") - F("refunds") + money("1.50")'),
        (adds_no_money_to_money, 'F("freight") * 2'),
        (adds_no_money_to_money, 'F("version") + 1'),
    ],
)
def test_what_is_allowed_is_not_found(finder, source):
    assert not is_in(source, finder)


def test_a_model_with_its_own_save_is_found():
    class Eager:
        def save(self) -> None: ...

    class Busy(Eager, models.Model):
        class Meta:
            app_label = "tests"
            abstract = True

    assert own_saves([Busy]) == {f"{__name__}.{Eager.__qualname__}"}
