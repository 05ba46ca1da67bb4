import subprocess
import sys

import pytest

from core.jobs.nightly import nightly_jobs
from courier_crm.embedded.places import PROJECT_DIR


@pytest.mark.fault
def test_nightly_work_is_done_once_however_beats_and_workers_are_killed():
    """The short form of script/fault-nightly; it brings its own servers."""
    done = subprocess.run(
        [sys.executable, "script/fault_nightly.py", "--kills", "4", "--tenants", "2"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    # Two tenants, four nights.
    pieces = 2 * 4 * len(nightly_jobs())
    assert done.stdout.splitlines()[-1] == f"{pieces} pieces of nightly work, each done exactly once."
