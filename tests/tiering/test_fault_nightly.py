import pytest

from core.jobs.nightly import nightly_jobs
from tests.factories.faults import last_line_of


@pytest.mark.fault
def test_nightly_work_is_done_once_however_beats_and_workers_are_killed():
    told = last_line_of("fault_nightly.py", "--kills", "2", "--tenants", "2", seconds=300)

    # Two tenants, two nights.
    assert told == f"{2 * 2 * len(nightly_jobs())} pieces of nightly work, each done exactly once."
