import pytest

from tests.factories.faults import last_line_of


@pytest.mark.fault
def test_nothing_in_flight_is_lost_when_web_server_and_worker_are_told_to_stop():
    told = last_line_of("fault_stop.py", "--stops", "2", "--clients", "8", seconds=300)

    assert told == "0 requests in flight failed; 24 chunks, each begun and ended once."
