"""Events of these tests alone: one that a department is made of, and one that nobody receives."""

import pytest

from core.events import registry
from tests.core.events.happenings import EVENT, UNRECEIVED, make_department


@pytest.fixture(autouse=True)
def events(monkeypatch):
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    monkeypatch.setattr(registry, "_receivers", {})
    for name in (EVENT, UNRECEIVED):
        registry.declare(name, version=1, subject="it", payload={"number": registry.whole_number("which")}, doc="It.")
    registry.receive(EVENT, name="test.department", call=make_department)
