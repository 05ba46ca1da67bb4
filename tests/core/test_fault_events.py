import subprocess
import sys

import pytest

from courier_crm.embedded.places import PROJECT_DIR


@pytest.mark.fault
def test_effects_of_events_are_made_once_however_workers_are_killed():
    """The short form of script/fault-events; it brings its own servers."""
    done = subprocess.run(
        [sys.executable, "script/fault_events.py", "--kills", "4", "--events", "400"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "400 events, the effect of each of 3 receivers made exactly once."
