import pytest


@pytest.fixture
def client(client_for, supervisor):
    return client_for(supervisor)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("shipments.parts.PART_ROWS", 4)
