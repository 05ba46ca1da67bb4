"""What no file of the product may say: money added to bare numbers, a way round the tenant's wall, signals and more."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps

from core.tenancy.fields import MoneyField

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "customers", "shipments", "tiering", "courier_crm")
MONEY = {field.name for model in apps.get_models() for field in model._meta.fields if isinstance(field, MoneyField)}

# Files that go round the scope, each with the reason.
WITHOUT_SCOPE = {
    "core/tenancy/models.py": "where the manager is made",
    "core/audit/erasures.py": "the log of erasures of all tenants is written out beside a backup",
    "core/audit/sealing.py": "finds the tenants whose trail waits for its seal",
    "core/partners/selectors.py": "a key names its tenant, so it is found before one is active",
    "core/partners/services.py": "notes the use of a key before its tenant is active",
    "core/partners/views.py": "an empty queryset, by which the description is drawn",
}
# Functions that catch whatever comes, each with the reason.
CATCH_ALL = {
    "core/jobs/services.py": "a failure of nightly work is noted and tried again",
    "core/jobs/running.py": "a failure of a job's chunk is noted and tried again",
    "core/events/dispatching.py": "a receiver that fails is tried again and stops nobody else",
}

Finder = Callable[[ast.AST], bool]


def goes_round_the_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name) and _name(node) == "all_tenants"


def _name(node: ast.AST) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def catches_all(node: ast.AST) -> bool:
    """Catch whatever comes and go on: what is raised again at the end is only cleaned up after."""
    if not isinstance(node, ast.ExceptHandler) or isinstance(node.body[-1], ast.Raise):
        return False
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})


def adds_bare_money(node: ast.AST) -> bool:
    """F("freight") + 1 adds a fen: the other side must be another column or `money()`."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)):
        return False
    sides = (node.left, node.right)
    return any(map(_is_money, sides)) and any(_is_bare(side) for side in sides)


def _is_money(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_money(node.left) or _is_money(node.right)
    return (
        isinstance(node, ast.Call)
        and _name(node.func) == "F"
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).rpartition("__")[2] in MONEY
    )


def _is_bare(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_bare(node.left) or _is_bare(node.right)
    return not (isinstance(node, ast.Call) and _name(node.func) in {"F", "money"})


def hides_behaviour(node: ast.AST) -> bool:
    """Signals, an order that every query gets, and a save() with behaviour: nobody sees them at the call."""
    match node:
        case ast.ImportFrom(module="django.dispatch" | "django.db.models.signals" | "django.core.signals"):
            return True
        case ast.ClassDef(name="Meta", body=body):
            return any(
                isinstance(each, ast.Assign) and any(getattr(name, "id", "") == "ordering" for name in each.targets)
                for each in body
            )
    return False


def files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from (path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


def found(finder: Finder, paths: Iterator[Path]) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if any(map(finder, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }


def test_only_listed_files_go_round_the_scope():
    assert found(goes_round_the_scope, files(*ROOMS)) == set(WITHOUT_SCOPE)


def test_only_listed_files_catch_all():
    assert found(catches_all, files(*ROOMS)) == set(CATCH_ALL)


def test_money_is_added_to_money_alone():
    assert {"freight", "contribution"} <= MONEY
    assert found(adds_bare_money, files(*ROOMS)) == set()


def test_nothing_hides_behaviour():
    assert found(hides_behaviour, files(*ROOMS)) == set()


@pytest.mark.parametrize(
    ("finder", "bad", "good"),
    [
        (goes_round_the_scope, "Customer.all_tenants.get()", "Customer.objects.get()"),
        (catches_all, "try:\n    x()\nexcept Exception:\n    pass", "try:\n    x()\nexcept KeyError:\n    pass"),
        (catches_all, "try:\n    x()\nexcept:\n    pass", "x()"),
        (adds_bare_money, 'F("freight") + 1', 'F("freight") + F("surcharges")'),
        (adds_bare_money, 'Decimal("1.50") + F("shipment__freight")', 'F("freight") + money("1.50")'),
        (adds_bare_money, 'F("freight") + money("1") - amount', 'F("version") + 1'),
        (hides_behaviour, "from django.dispatch import receiver", "from celery.signals import worker_init"),
        (
            hides_behaviour,
            "class A:\n    class Meta:\n        ordering = ['x']",
            "class A:\n    class Meta:\n        pass",
        ),
    ],
)
def test_the_guards_find_a_bad_example(finder, bad, good):
    assert any(map(finder, ast.walk(ast.parse(bad))))
    assert not any(map(finder, ast.walk(ast.parse(good))))
