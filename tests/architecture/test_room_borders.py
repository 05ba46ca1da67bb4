"""What import-linter's layers cannot say: which modules of another room may be imported at all."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
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
)
PRIVATE_MODULES = {"admin", "api", "apps", "forms", "management", "receivers", "tasks", "urls", "views"}


def trespasses(source: str, *, room: str) -> list[str]:
    """Return what a file of this room imports of other rooms and should not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                found += [f"{module}.{name.name}" for name in names]
            case ast.Import(names=names):
                found += [name.name for name in names]
    return [name for name in found if _is_trespass(name.split("."), room)]


def _is_trespass(parts: list[str], room: str) -> bool:
    if parts[0] == room or parts[0] not in (*ROOMS, "core"):
        return False
    private = any(part.startswith("_") and not part.startswith("__") for part in parts)
    # Of the foundation every module is made for others, views and forms included.
    return private or (parts[0] in ROOMS and not PRIVATE_MODULES.isdisjoint(parts[1:]))


@pytest.mark.parametrize("room", ["core", *ROOMS])
def test_rooms_import_only_what_is_public_of_each_other(room):
    files = sorted((ROOT / room).rglob("*.py"))

    found = {str(file): trespasses(file.read_text(encoding="utf-8"), room=room) for file in files}

    assert {file: names for file, names in found.items() if names} == {}
    assert files


@pytest.mark.parametrize(
    "source",
    [
        "from customers.views import CustomerList",
        "from customers import forms",
        "import customers.api",
        "from customers.services.merging import _pick_survivor",
        "from core.tenancy.scope import _set_tenant",
    ],
)
def test_trespass_is_found(source):
    assert len(trespasses(source, room="shipments")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from customers.services import record_shipments",
        "from customers.models import Customer",
        "from core.web.views import StaffView",
        "from shipments.filters import CustomerFilter",
        "from __future__ import annotations",
    ],
)
def test_what_is_allowed_is_not_found(source):
    assert trespasses(source, room="shipments") == []
