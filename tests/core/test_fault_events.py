import pytest

from tests.factories.faults import last_line_of


@pytest.mark.fault
def test_effects_of_events_are_made_once_however_workers_are_killed():
    told = last_line_of("fault_events.py", "--kills", "2", "--events", "400", seconds=400)

    assert told == "400 events, the effect of each of 4 receivers made exactly once."
