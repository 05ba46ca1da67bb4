import pytest
import time_machine


@pytest.fixture
def clock(now):
    """Let pages see the same time as the test."""
    with time_machine.travel(now, tick=False) as clock:
        yield clock
