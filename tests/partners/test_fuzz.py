"""A short run of script/fuzz-api: requests made up from the description, against the running product."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.fault
def test_made_up_requests_break_nothing():
    command = [sys.executable, ROOT / "script" / "fuzz_api.py", "--cases", "1", "--phases", "examples,fuzzing"]

    run = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    assert "passed" in run.stdout
