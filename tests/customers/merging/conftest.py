"""Two customers that are the same."""

import pytest

from tests.customers.merging.pairs import make


@pytest.fixture
def kept(tenant, supervisor, now):
    return make("K-1", at=now, by=supervisor, region="Liverpool", tags=["chilled", "old"])


@pytest.fixture
def absorbed(tenant, supervisor, now):
    return make("A-1", at=now, by=supervisor, shipments=3, industry="Food", tags=["old", "fragile"])
