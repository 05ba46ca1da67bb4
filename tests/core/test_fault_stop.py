import subprocess
import sys

import pytest

from courier_crm.embedded.places import PROJECT_DIR


@pytest.mark.fault
def test_nothing_in_flight_is_lost_when_web_server_and_worker_are_told_to_stop():
    """The short form of script/fault-stop; it brings its own servers."""
    done = subprocess.run(
        [sys.executable, "script/fault_stop.py", "--stops", "2", "--clients", "8"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "0 requests in flight failed; 24 chunks, each begun and ended once."
